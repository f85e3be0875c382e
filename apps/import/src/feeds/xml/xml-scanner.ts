import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { ImportErrorCode } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { isStep, type XmlElement } from './xml-element.js';
import type { XmlPath } from './xml-path.js';

/** A record element, whole. */
export interface XmlRecord {
  readonly row: number;
  readonly line: number;
  readonly element: XmlElement;
  /** Indexes of the paths that lead to it. */
  readonly matches: readonly number[];
  /** The elements around it, from the root. */
  readonly ancestors: readonly XmlElement[];
}

/** Why a document cannot be read on. */
export class XmlFault extends Error {
  override readonly name = 'XmlFault';

  constructor(
    readonly code: ImportErrorCode,
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** What a document may hold beyond the limits of every feed. */
export interface XmlShape {
  readonly paths: readonly XmlPath[];
  readonly maxDepth: number;
  readonly maxTextLength: number;
}

const ENCODINGS = new Set(['utf-8', 'us-ascii', 'ascii']);

/**
 * Finds the record elements of a document as it streams. Only the record being read is in memory. A document type
 * is refused, so entities are only the five of XML. The outermost of nested records counts.
 */
export class XmlScanner {
  /** Number of the record that is read, or comes next. */
  row = 1;
  private readonly parser = new SaxesParser({ xmlns: true, position: true });
  /** From the root to the element that is open. */
  private readonly open: XmlElement[] = [];
  /** Depth of the record element; 0: between records. */
  private recordDepth = 0;
  private recordPosition = 0;
  private matches: number[] = [];
  private found: XmlRecord[] = [];
  private closed: XmlElement | undefined;
  private closedPosition = -1;
  private pushed = 0;
  private eventPosition = 0;
  private eventLine = 1;
  private attributes = 0;
  private tagLine = 1;

  constructor(
    private readonly shape: XmlShape,
    private readonly limits: FeedLimits,
  ) {
    const { parser } = this;
    parser.on('error', (error) => this.failInvalid(error));
    parser.on('xmldecl', ({ encoding }) => this.checkEncoding(encoding));
    parser.on('doctype', () => this.fail('DOCTYPE_FORBIDDEN', 'a document type (DOCTYPE) is not accepted; remove it'));
    parser.on('opentagstart', () => this.startTag());
    parser.on('attribute', () => this.attribute());
    parser.on('opentag', (tag) => this.openTag(tag));
    parser.on('text', (text) => this.text(text));
    parser.on('cdata', (text) => this.text(text));
    parser.on('closetag', () => this.closeTag());
    parser.on('comment', () => this.event());
    parser.on('processinginstruction', () => this.event());
  }

  /** Line of what is read now. */
  get line(): number {
    return this.parser.line;
  }

  /** The records that a chunk completed. Throws `XmlFault`; `take` then has those before it. */
  push(chunk: string): void {
    this.parser.write(chunk);
    // The parser's own position is right within its events only.
    this.pushed += chunk.length;
    this.checkLengths(this.pushed);
  }

  /** Throws `XmlFault` where the document is not complete. */
  end(): void {
    this.parser.close();
  }

  take(): XmlRecord[] {
    const records = this.found;
    this.found = [];
    return records;
  }

  private fail(code: ImportErrorCode, message: string, line = this.parser.line): never {
    throw new XmlFault(code, message, line);
  }

  /** The parser's message begins with line and column. */
  private failInvalid(error: Error): never {
    const what = error.message.replace(/^(?:[^:]*:)?\d+:\d+: /, '').replace(/\.$/, '');
    // The parser tells that an element is closed before it looks whether the tag is the right one.
    const isWrongTag = this.closedPosition === this.parser.position;
    const element = isWrongTag ? this.closed : this.open.at(-1);
    if (isWrongTag && this.found.at(-1)?.element === this.closed) {
      this.found.pop();
      this.row--;
    }
    const within = element ? ` (in <${element.tag.name}> of line ${element.line})` : '';
    return this.fail('INVALID_XML', `not well-formed: ${what}${within}`);
  }

  private checkEncoding(encoding: string | undefined): void {
    if (encoding === undefined || ENCODINGS.has(encoding.toLowerCase())) return;
    const shown = encoding.slice(0, 40);
    this.fail('INVALID_ENCODING', `the file declares the encoding ${shown}; save it as UTF-8 and say so`);
  }

  /** Told of what begins an event, not of where it was noticed: that depends on the chunks. */
  private checkLengths(position: number): void {
    const { maxTextLength } = this.shape;
    const { maxRecordLength } = this.limits;
    if (position - this.eventPosition > maxTextLength) {
      this.fail('FILE_TOO_LARGE', `a text or tag is longer than ${maxTextLength} characters`, this.eventLine);
    }
    if (this.recordDepth > 0 && position - this.recordPosition > maxRecordLength) {
      const line = this.open[this.recordDepth - 1]?.line ?? this.eventLine;
      this.fail('FILE_TOO_LARGE', `the record is longer than ${maxRecordLength} characters`, line);
    }
  }

  private event(): void {
    const { position } = this.parser;
    this.checkLengths(position);
    this.eventPosition = position;
    this.eventLine = this.parser.line;
  }

  private startTag(): void {
    this.event();
    this.attributes = 0;
    this.tagLine = this.parser.line;
    const { maxDepth } = this.shape;
    if (this.open.length >= maxDepth) this.fail('FILE_TOO_LARGE', `elements are nested deeper than ${maxDepth}`);
  }

  private attribute(): void {
    this.event();
    this.attributes++;
    const { maxColumns } = this.limits;
    if (this.attributes > maxColumns) this.fail('FILE_TOO_LARGE', `an element has more than ${maxColumns} attributes`);
  }

  private openTag(tag: SaxesTagNS): void {
    this.event();
    const attributes = Object.values(tag.attributes);
    const element: XmlElement = {
      name: tag.local,
      attributes: new Map(attributes.filter(isPlain).map(({ local, value }) => [local, value])),
      children: [],
      text: '',
      tag: { name: tag.name, attributes: attributes.map(({ name, value }) => [name, value] as const) },
      line: this.tagLine,
    };
    // Outside a record nothing is kept: the root has all records below it.
    if (this.recordDepth > 0) this.open.at(-1)!.children.push(element);
    this.open.push(element);
    if (this.recordDepth > 0) return;
    this.matches = this.shape.paths.flatMap((path, index) => (this.isAt(path) ? [index] : []));
    if (this.matches.length === 0) return;
    this.recordDepth = this.open.length;
    this.recordPosition = this.eventPosition;
  }

  private isAt({ steps }: XmlPath): boolean {
    return steps.length === this.open.length && steps.every((step, index) => isStep(this.open[index]!, step));
  }

  private text(text: string): void {
    this.event();
    const element = this.open.at(-1);
    if (element && this.recordDepth > 0) element.text += text;
  }

  private closeTag(): void {
    this.event();
    const element = this.open.pop();
    this.closed = element;
    this.closedPosition = this.parser.position;
    if (!element || this.open.length !== this.recordDepth - 1) return;
    const { row, matches } = this;
    this.found.push({ row, line: element.line, element, matches, ancestors: [...this.open] });
    this.row++;
    this.recordDepth = 0;
  }
}

/** A declaration of a namespace is no attribute. */
function isPlain({ prefix, name }: { prefix: string; name: string }): boolean {
  return prefix !== 'xmlns' && name !== 'xmlns';
}
