import type { FeedImportType } from '../feeds/read-feed.js';

/** Bytes of a file that are looked at to tell what it is. */
export const SIGNATURE_BYTES = 512;

const SIGNATURES: readonly { readonly bytes: readonly number[]; readonly what: string; readonly advice: string }[] = [
  { bytes: [0x1f, 0x8b], what: 'a gzip file', advice: 'unpack it and send the file in it' },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], what: 'a 7z archive', advice: 'unpack it and send the files in it' },
  { bytes: [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], what: 'a RAR archive', advice: 'unpack it and send the files in it' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], what: 'an xz file', advice: 'unpack it and send the file in it' },
  { bytes: [0x42, 0x5a, 0x68], what: 'a bzip2 file', advice: 'unpack it and send the file in it' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'a zstd file', advice: 'unpack it and send the file in it' },
  { bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], what: 'a PDF', advice: 'send the data as CSV, XML or JSONL' },
  {
    bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
    what: 'an old Excel or Word file',
    advice: 'save the sheet as CSV (UTF-8) and send that',
  },
];
const ZIPS = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
];
const OFFICE = /\[Content_Types\]\.xml|_rels\/|xl\/|docProps\/|mimetypeapplication\/vnd\.oasis/;

/** What is wrong with a file of which these are the first bytes, and what to do; null: it may be text. */
export function findArchive(head: Buffer): string | null {
  if (ZIPS.some((bytes) => beginsWith(head, bytes))) {
    return OFFICE.test(head.toString('latin1'))
      ? 'It is a spreadsheet or document (such as .xlsx); save the sheet as CSV (UTF-8) and send that.'
      : 'It is a zip archive; unpack it and send the files in it.';
  }
  const found = SIGNATURES.find(({ bytes }) => beginsWith(head, bytes));
  return found ? `It is ${found.what}; ${found.advice}.` : null;
}

function beginsWith(head: Buffer, bytes: readonly number[]): boolean {
  // "BZh" is also how a CSV may begin; its next byte is a digit and then comes a mark that no text has.
  if (bytes.length === 3)
    return head.subarray(0, 3).equals(Buffer.from(bytes)) && head.readUIntBE(4, 6) === 0x314159265359;
  return head.subarray(0, bytes.length).equals(Buffer.from(bytes));
}

const BY_MEDIA_TYPE: Readonly<Record<string, FeedImportType>> = {
  'text/csv': 'csv',
  'application/csv': 'csv',
  'application/vnd.ms-excel': 'csv',
  'text/xml': 'xml',
  'application/xml': 'xml',
  'application/jsonl': 'jsonl',
  'application/ndjson': 'jsonl',
  'application/x-ndjson': 'jsonl',
};
const BY_EXTENSION: Readonly<Record<string, FeedImportType>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  xml: 'xml',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
};

/** How a file is written: by its name, else by its media type, else by how it begins. */
export function importTypeOf(name: string, mediaType: string, head: Buffer): FeedImportType {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const [plain = ''] = mediaType.toLowerCase().split(';');
  const begin = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  const byContent = begin.startsWith('<') ? 'xml' : begin.startsWith('{') ? 'jsonl' : 'csv';
  return lookUp(BY_EXTENSION, extension) ?? lookUp(BY_MEDIA_TYPE, plain.trim()) ?? byContent;
}

function lookUp(table: Readonly<Record<string, FeedImportType>>, key: string): FeedImportType | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
