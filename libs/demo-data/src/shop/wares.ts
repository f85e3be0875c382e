import { randomOf } from '../people/random.js';

/** What is sold under one SKU; the same for the same number and seed, wherever it is shown. */
export interface Ware {
  readonly sku: string;
  readonly name: string;
  readonly brand: string;
  /** In minor units. */
  readonly price: number;
  readonly ean: string;
}

const KINDS = [
  ['Running shoe', 4_500, 12_000],
  ['Rain jacket', 6_000, 18_000],
  ['Cotton T-shirt', 900, 2_900],
  ['Denim jeans', 2_900, 8_900],
  ['Wool jumper', 3_500, 9_900],
  ['Desk lamp', 1_500, 6_500],
  ['Office chair', 7_900, 29_900],
  ['Water bottle', 700, 2_500],
  ['Travel backpack', 3_900, 14_900],
  ['Wireless headphones', 4_900, 24_900],
  ['Coffee grinder', 2_900, 11_900],
  ['Frying pan', 1_900, 7_900],
  ['Bedside table', 4_900, 15_900],
  ['Yoga mat', 1_500, 5_900],
  ['Phone case', 800, 3_900],
  ['Café table', 6_900, 19_900],
] as const;
const BRANDS = [
  'Alder & Co',
  'Bréva',
  'Corvid',
  'Dunmore',
  'Élan',
  'Fjordland',
  'Hearthside',
  'Ljus',
  'Northway',
  'Zip',
];
const COLOURS = ['Black', 'Blue', 'Green', 'Grey', 'Red', 'Sand', 'White', 'Yellow'];

/** Variations of one product: colours of it. */
export const VARIATIONS = 4;

/** The number of the product set that a ware belongs to, from 1. */
export function setOf(productId: number): number {
  return Math.ceil(productId / VARIATIONS);
}

/** What a product set is: kind, brand and the price of its variations. */
export function setWare(seed: number, setId: number): { name: string; brand: string; price: number } {
  const random = randomOf(seed ^ 0x5e75, setId);
  const [kind, least, most] = random.pick(KINDS);
  const brand = random.pick(BRANDS);
  return { name: `${brand} ${kind.toLowerCase()}`, brand, price: least + random.below((most - least) / 100) * 100 };
}

/** The ware of a product id, from 1. */
export function wareOf(seed: number, productId: number): Ware {
  const { name, brand, price } = setWare(seed, setOf(productId));
  const colour = COLOURS[(productId - 1) % COLOURS.length] as string;
  const number = String(productId).padStart(6, '0');
  return {
    sku: `LS-${number}`,
    name: `${name}, ${colour.toLowerCase()}`,
    brand,
    price,
    ean: `40000000${number}`.slice(-13),
  };
}

/** Minor units as the interface takes amounts: `59.00`. */
export function toAmount(minorUnits: number): string {
  return `${Math.floor(minorUnits / 100)}.${String(minorUnits % 100).padStart(2, '0')}`;
}
