import { createHash, randomBytes } from 'node:crypto';

/** The id of a stranger's message that has none: the same body is the same message. */
export function bodyId(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** True for an id of {@link bodyId}: the same one may rightly come again, as another message. */
export function isBodyId(messageId: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(messageId);
}

/** A UUID version 7: its first 48 bits are the milliseconds since 1970, so ids sort by the time they were made. */
export function newMessageId(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
