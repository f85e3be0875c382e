import type { CallErrorReason } from '../queue/shop-call.js';
import { isObject, type JsonObject, parseJson, readWireId } from './wire-ids.js';

/** Why an answer is not what it should be. */
export interface NotAccepted {
  readonly reason: CallErrorReason;
  readonly detail: string;
}

/** The result that a synchronous answer carries; of a text that is no answer, the text itself: whoever reads it refuses it. */
export function readAnswer(text: string, requestId: string): { readonly result: unknown } | NotAccepted {
  if (text.trim() === '') return { reason: 'not_json', detail: 'the answer is empty' };
  const parsed = parseJson(text);
  const blocks = (Array.isArray(parsed) ? parsed : [parsed]).filter(isObject);
  const block = blocks.findLast(({ id }) => readWireId(id) === requestId);
  if (block === undefined) return { result: text };
  if (block['result'] === undefined && isObject(block['error'])) return refusal(block['error']);
  return { result: block['result'] };
}

function refusal(error: JsonObject): NotAccepted {
  const { message } = error;
  return { reason: 'nack', detail: typeof message === 'string' ? message : 'the shop answered with an error' };
}

/**
 * Null when the text acknowledges the request, and nothing else does. `lenient` overlooks members that are not known.
 */
export function refuseAck(text: string, requestId: string, mode: 'strict' | 'lenient'): NotAccepted | null {
  const parsed = parseJson(text);
  if (parsed === undefined) return { reason: 'not_json', detail: 'the answer is not JSON' };
  const nack = (detail: string): NotAccepted => ({ reason: 'nack', detail });
  if (!Array.isArray(parsed) || parsed.length !== 1 || !isObject(parsed[0])) return nack('not an array of one object');
  const [block] = parsed as [JsonObject];
  if (isObject(block['error'])) return refusal(block['error']);
  if (looksSynchronous(block['result']))
    return { reason: 'sync_shaped_ack', detail: 'the shop answered as in the synchronous flow' };
  if (block['api'] !== 1) return nack('api is not 1');
  if (readWireId(block['id']) !== requestId) return nack('the id is not that of the request');
  const { result } = block;
  if (!Array.isArray(result) || result.length !== 1 || !isObject(result[0])) return nack('result is not one object');
  const [element] = result as [JsonObject];
  if (element['status'] !== 'success') return nack('the status is not success');
  const isPlain = Object.keys(element).length === 1 && Object.keys(block).length === 3;
  return isPlain || mode === 'lenient' ? null : nack('there are members that an acknowledgement does not have');
}

/** Results of products or of a collection of images, where only a receipt is due. */
function looksSynchronous(result: unknown): boolean {
  if (isObject(result)) return 'images' in result;
  if (!Array.isArray(result)) return false;
  return result.length > 1 || result.some((each) => isObject(each) && ('product' in each || 'error' in each));
}
