/** The beginning of a name, and that there is more of it: enough to tell two customers of a list apart. */
export function maskText(text: string | null): string | null {
  return text === null ? null : `${[...text][0] ?? ''}***`;
}

/** What is left of a postal code: its region. */
export function maskPostalCode(code: string | null): string | null {
  return code === null ? null : `${code.slice(0, 2)}***`;
}

/** A phone number's last two digits. */
export function maskPhone(phone: string | null): string | null {
  return phone === null ? null : `***${phone.slice(-2)}`;
}
