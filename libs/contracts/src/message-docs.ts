import { messages } from './catalogue.js';
import { deadQueueName, type MessageDefinition, retryQueueName } from './message.js';
import { type JsonSchema, toJsonSchema } from './schema/json-schema.js';

/** `docs/messages.md`: every message with its route, fields and example, from the catalogue. */
export function renderMessageCatalogue(): string {
  const lines = [
    '# Messages',
    '',
    'Generated from the catalogue in `libs/contracts` by `npm run gen`; do not edit.',
    '',
    'Every message is persistent, published with a confirm and `mandatory`, on a durable topic exchange to durable quorum',
    'queues. AMQP property `type` names it; the headers are `message-id`, `x-message-version`, `x-attempt`, `traceparent`',
    'and, in a run, `x-run-id`, `x-fence`, `x-sequence` and `x-item-count`.',
    '',
    '| message | routing key | from | queue | to |',
    '|---|---|---|---|---|',
    ...messages.flatMap(overviewRows),
    '',
    ...messages.flatMap(section),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function overviewRows(message: MessageDefinition): string[] {
  return message.queues.map(
    (queue) =>
      `| \`${message.type}\` v${message.version} | \`${message.routingKey}\` | ${message.publishers.join(', ')} | \`${queue.name}\` | ${queue.consumer} |`,
  );
}

function section(message: MessageDefinition): string[] {
  return [
    `## ${message.type} v${message.version}`,
    '',
    message.summary,
    '',
    `Exchange \`${message.exchange}\`, routing key \`${message.routingKey}\`.`,
    '',
    ...message.queues.flatMap((queue) => [
      `- \`${queue.name}\` (${queue.consumer}); waits in ${queue.retryDelaysMs.map((delay) => `\`${retryQueueName(queue, delay)}\``).join(', ')}; then \`${deadQueueName(queue)}\``,
    ]),
    '',
    ...fieldTable(toJsonSchema(message.payload)),
    '',
    ...(message.item ? ['Each of `items`:', '', ...fieldTable(toJsonSchema(message.item)), ''] : []),
    '```json',
    JSON.stringify(message.example, null, 2),
    '```',
    '',
  ];
}

function fieldTable(schema: JsonSchema): string[] {
  return ['| field | type | required |', '|---|---|---|', ...fieldRows(schema, '')];
}

function fieldRows(schema: JsonSchema, prefix: string): string[] {
  const required = new Set((schema['required'] ?? []) as string[]);
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).flatMap(([name, property]) => {
    const shape = withoutNull(property);
    const nested = shape['type'] === 'array' ? (shape['items'] as JsonSchema) : shape;
    const suffix = shape['type'] === 'array' ? '[]' : '';
    return [
      `| \`${prefix}${name}\` | ${describeType(property)} | ${required.has(name) ? 'yes' : ''} |`,
      ...(nested?.['properties'] ? fieldRows(nested, `${prefix}${name}${suffix}.`) : []),
    ];
  });
}

function withoutNull(property: JsonSchema): JsonSchema {
  const options = property['anyOf'] as JsonSchema[] | undefined;
  return options ? (options.find((option) => option['type'] !== 'null') ?? property) : property;
}

function describeType(property: JsonSchema): string {
  const shape = withoutNull(property);
  const nullable = shape === property ? '' : ' or null';
  const values = shape['enum'] as unknown[] | undefined;
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ') + nullable;
  if (shape['type'] === 'array') return `array of ${describeType((shape['items'] ?? {}) as JsonSchema)}${nullable}`;
  return `${(shape['format'] as string | undefined) ?? (shape['type'] as string | undefined) ?? 'any'}${nullable}`;
}
