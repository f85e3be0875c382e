/** An amount as it is stored: `5` is `5.00`; amounts have at most two decimals. */
export function toMoney(amount: string | null | undefined): string | null {
  if (amount === null || amount === undefined) return null;
  const [whole = '0', decimals = ''] = amount.split('.');
  return `${whole.replace(/^0+(?=\d)/, '')}.${decimals.padEnd(2, '0')}`;
}
