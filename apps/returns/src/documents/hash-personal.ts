import { createHmac, createSecretKey } from 'node:crypto';

/** Hashes what tells who somebody is; equal for equal people, whoever asks, and of no use without the key. */
export type HashPersonal = (value: string) => string;

/** Values whose hash is remembered: the returns of a customer change again and again, and hashing costs as much as the rest. */
const REMEMBERED_VALUES = 20_000;
const REMEMBERED_LENGTH = 100;

/** Hashes under a key of the installation. */
export function hashPersonalWith(key: string): HashPersonal {
  const secret = createSecretKey(key, 'utf8');
  const hash = (value: string) => createHmac('sha256', secret).update(value).digest('base64url');
  const known = new Map<string, string>();
  return (value) => {
    const found = known.get(value);
    if (found !== undefined) return found;
    const hashed = hash(value);
    if (value.length > REMEMBERED_LENGTH) return hashed;
    if (known.size >= REMEMBERED_VALUES) known.clear();
    known.set(value, hashed);
    return hashed;
  };
}

/** The digits of a number, however it was written; without a leading plus or zeros. */
export function toPhoneKey(phone: string): string {
  return phone.replaceAll(/\D/g, '').replace(/^0+/, '');
}

/** An address of mail, as two people would write the same one. */
export function toEmailKey(email: string): string {
  return email.trim().toLowerCase();
}
