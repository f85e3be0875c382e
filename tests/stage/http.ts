/** An answer of a service, its body read. */
export interface HttpAnswer<Body> {
  status: number;
  headers: Headers;
  /** Parsed when it is JSON, else the text. */
  body: Body;
}

export interface CallOptions {
  /** null sends no token at all. */
  token?: string | null;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a text or stream as it is. */
  body?: object | string | ReadableStream<Uint8Array>;
  timeoutMs?: number;
}

/** One HTTP call with a limit on its time; statuses of 400 and more are answers like others. */
export async function callHttp<Body>(url: string, method: string, options: CallOptions): Promise<HttpAnswer<Body>> {
  const { token, body, timeoutMs = 60_000 } = options;
  const isJson = typeof body === 'object' && !(body instanceof ReadableStream);
  const request: RequestInit & { duplex?: 'half' } = {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...options.headers,
    },
    body: isJson ? JSON.stringify(body) : (body as string | ReadableStream<Uint8Array> | undefined),
    signal: AbortSignal.timeout(timeoutMs),
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  };
  const answer = await fetch(url, request);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: parse(text) as Body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
