import type { XmlFeedConfig } from '../../feed-configs/feed-config.js';
import type { FailedRow, FailedRows } from '../failed-rows.js';
import type { FeedLimits } from '../feed-limits.js';
import { xmlShapeOf } from './read-xml-feed.js';
import { readXmlRecords } from './read-xml-records.js';
import type { XmlElement } from './xml-element.js';

const OURS = new Set(['_errors', '_status']);

/**
 * The record elements that failed, in the elements that were around them, with the attributes `_errors` and `_status`. Text
 * and attributes are those of the source; its comments and the text between elements are not.
 */
export async function* writeFailedXml(
  text: AsyncIterable<string>,
  config: XmlFeedConfig,
  failed: FailedRows,
  limits: FeedLimits,
): AsyncGenerator<string> {
  const out = new FailedXml();
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  for await (const { records, fault } of readXmlRecords(text, xmlShapeOf(config), limits)) {
    let part = '';
    for (const { row, element, ancestors } of records) {
      const found = await failed.of(row);
      if (found) part += out.record(element, ancestors, found);
    }
    if (fault) {
      const found = await failed.of(fault.row);
      if (found) part += out.fault(found);
    }
    if (part !== '') yield part;
    if (failed.isDone) break;
  }
  yield out.end();
}

class FailedXml {
  private open: readonly XmlElement[] = [];

  record(element: XmlElement, ancestors: readonly XmlElement[], failed: FailedRow): string {
    const same = ancestors.findIndex((each, depth) => this.open[depth] !== each);
    const kept = same < 0 ? ancestors.length : same;
    const closed = this.close(kept);
    this.open = ancestors;
    const opened = ancestors.slice(kept).map((each, index) => `${indent(kept + index)}${startTag(each)}>\n`);
    const own = `${indent(ancestors.length)}${written(element, failed)}\n`;
    return closed + opened.join('') + own;
  }

  /** The source ended here: nothing of the record is whole. */
  fault({ errors }: FailedRow): string {
    return `<!-- ${errors.join('; ').replaceAll('--', '- -')} -->\n`;
  }

  end(): string {
    const closed = this.close(0);
    return closed === '' ? '<failed/>\n' : closed;
  }

  private close(depth: number): string {
    const closing = this.open.slice(depth).map(({ tag }, index) => `${indent(depth + index)}</${tag.name}>\n`);
    if (depth === 0) this.open = [];
    return closing.reverse().join('');
  }
}

function written(element: XmlElement, failed: FailedRow | null): string {
  const added = failed ? ` _errors="${escaped(failed.errors.join('; '))}" _status="${escaped(failed.status)}"` : '';
  const content = escaped(element.text.trim()) + element.children.map((child) => written(child, null)).join('');
  const start = startTag(element) + added;
  return content === '' ? `${start}/>` : `${start}>${content}</${element.tag.name}>`;
}

function startTag({ tag }: XmlElement): string {
  const attributes = tag.attributes.filter(([name]) => !OURS.has(name));
  return `<${tag.name}${attributes.map(([name, value]) => ` ${name}="${escaped(value)}"`).join('')}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"\n\r\t]/g, (character) => ENTITIES[character]!)
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}
