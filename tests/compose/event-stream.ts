/** A stream of server-sent events as it arrives. */
export interface EventStream {
  /** Names of the events so far. */
  readonly types: string[];
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
}

/** Reads an answer that is a stream of events. */
export async function followEvents(answer: Response): Promise<EventStream> {
  const type = answer.headers.get('content-type') ?? '';
  if (!type.startsWith('text/event-stream') || !answer.body)
    throw new Error(`not a stream of events: ${answer.status} ${await answer.text()}`);
  const types: string[] = [];
  return { types, ended: read(answer.body, types) };
}

async function read(body: ReadableStream<Uint8Array>, types: string[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('event: ')) types.push(line.slice('event: '.length).trim());
  }
}
