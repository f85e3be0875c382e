import { createHmac } from 'node:crypto';

/** Hashes what tells who somebody is; equal for equal people, whoever asks, and of no use without the key. */
export type HashPersonal = (value: string) => string;

/** Hashes under a key of the installation. */
export function hashPersonalWith(key: string): HashPersonal {
  return (value) => createHmac('sha256', key).update(value).digest('base64url');
}

/** The digits of a number, however it was written; without a leading plus or zeros. */
export function toPhoneKey(phone: string): string {
  return phone.replaceAll(/\D/g, '').replace(/^0+/, '');
}

/** An address of mail, as two people would write the same one. */
export function toEmailKey(email: string): string {
  return email.trim().toLowerCase();
}
