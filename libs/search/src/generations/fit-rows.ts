import { fitDocument } from '../schema/fit-document.js';
import { defineIndexSchema, type FieldDefinitions } from '../schema/index-schema.js';
import { fromIndexSource, toIndexSource } from '../schema/index-source.js';
import type { IndexRow } from './fill-index.js';

/** Makes a row one that its index can store. */
export type RowFit = (row: IndexRow) => IndexRow;

/** For a generation of the program's own schema. */
export const asItIs: RowFit = (row) => row;

/** For a generation that was made from other fields: they are strict, and would refuse the whole document. */
function fitTo(fields: FieldDefinitions): RowFit {
  const schema = defineIndexSchema({ name: 'another', version: 0, fields });
  return ({ id, version, source }) => {
    const { document } = fromIndexSource(source);
    const fitting = document && fitDocument(fields, document);
    return { id, version, source: toIndexSource(schema, { id, version, document: fitting }) };
  };
}

/** For a generation made from these fields, or from the program's own where there are none. */
export function fitOf(otherFields: FieldDefinitions | undefined): RowFit {
  return otherFields === undefined ? asItIs : fitTo(otherFields);
}
