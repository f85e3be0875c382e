const HIDDEN = '[hidden]';

/** Names whose value is a secret, in JSON, in a form and in a header alike. */
const NAME =
  '(?:pass(?:word|wd)?|api[-_ ]?key|x-api-key|(?:proxy-)?authorization|secret|(?:access[-_]?)?token|set-cookie|cookie)';

/** A member of JSON, also of JSON within a text of JSON, where each quote has backslashes; a text cut in its middle ends it. */
const JSON_TEXT = new RegExp(`("${NAME}\\\\*"\\s*:\\s*)(\\\\*)"(?:(?!\\2")(?:[^"\\\\]|\\\\.|\\\\$))*(?:\\2"|$)`, 'giu');
const JSON_OTHER = new RegExp(`("${NAME}\\\\*"\\s*:\\s*)(?![\\s"\\\\])[^,}\\]\\s]+`, 'giu');
/** `Authorization: Bearer abc`, `x-api-key=abc`: to the end of the line, or of the value in a query. */
const HEADER = /\b((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)(\s*[:=]\s*)[^\r\n"]+/giu;
const FORM = /\b(pass(?:word|wd)?|api[-_]?key|secret|(?:access_)?token)(=)[^&\s"']+/giu;
/** Nothing without it is a {@link HEADER}: looking for one in each word of a long text costs ten times as much. */
const HEADER_NAME = /(?:authorization|api-key|cookie)\s*[:=]/iu;
/** `https://user:password@host`. */
const URL_USER = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/giu;

/**
 * Text without its passwords, keys, tokens and cookies, each replaced by `[hidden]`: members of JSON by their name at any
 * depth, headers, fields of a form, and the user in a URL. For text that leaves the process, such as a logged call.
 *
 * @example redactSecrets('{"username":"sc","password":"pw"}') === '{"username":"sc","password":"[hidden]"}'
 */
export function redactSecrets(text: string): string {
  let hidden = text.replace(JSON_TEXT, `$1$2"${HIDDEN}$2"`).replace(JSON_OTHER, `$1"${HIDDEN}"`);
  if (HEADER_NAME.test(hidden)) hidden = hidden.replace(HEADER, `$1$2${HIDDEN}`);
  if (hidden.includes('=')) hidden = hidden.replace(FORM, `$1$2${HIDDEN}`);
  if (hidden.includes('://')) hidden = hidden.replace(URL_USER, `$1${HIDDEN}@`);
  return hidden;
}
