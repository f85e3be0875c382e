import { toSortKey } from '@lockstep/search';
import type { GoldenList } from '@lockstep/testing';
import type { ListRow } from './lists.js';

/** What each list is asked for: nothing, and dates and texts in both directions. */
export const SORTS = ['', 'submissionDate', '-submissionDate', 'doctorLastName', '-doctorLastName', '-programmeName'];

type Order = (a: ListRow, b: ListRow) => number;

/**
 * Numbers of the rows in the only order there is for a sort: missing values come last whatever the direction, and of equals
 * the number decides. The list of recommendations puts the last name before that, and who is due first where nothing is asked.
 */
export function numbersInOrder(list: GoldenList, rows: Iterable<ListRow>, sort: string): string[] {
  const isRecommendations = list === 'recommendations';
  const asked = sort || (isRecommendations ? 'submissionDate' : 'gmcReferenceNumber');
  const orders = [by(asked), ...(isRecommendations ? [by('doctorLastName')] : []), byNumber];
  const compare: Order = (a, b) => orders.reduce((order, next) => order || next(a, b), 0);
  return [...rows].sort(compare).map((row) => row.gmcReferenceNumber);
}

function by(sort: string): Order {
  const [field, sign] = sort.startsWith('-') ? [sort.slice(1), -1] : [sort, 1];
  return (a, b) => {
    const [left, right] = [a[field], b[field]];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * compareBytes(toSortKey(String(left)), toSortKey(String(right)));
  };
}

const byNumber: Order = (a, b) => compareBytes(a.gmcReferenceNumber, b.gmcReferenceNumber);

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
