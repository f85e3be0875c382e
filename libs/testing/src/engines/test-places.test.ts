import amqp from 'amqplib';
import pg from 'pg';
import { expect, it } from 'vitest';
import { waitFor } from '../wait-for.js';
import { describeWithEngines } from './describe-with-engines.js';
import { createTestDatabase } from './test-database.js';
import { createIndexPrefix } from './test-index-prefix.js';
import { createTestVhost } from './test-vhost.js';

describeWithEngines('a place of its own for each suite', (engines) => {
  it('gives a virtual host that can be filled from definitions, watched and taken away', async () => {
    const vhost = await createTestVhost(engines);
    const common = { vhost: 'elsewhere', durable: true, auto_delete: false };
    await vhost.management.importDefinitions({
      exchanges: [{ ...common, name: 'orders', type: 'topic', internal: false, arguments: {} }],
      queues: [{ ...common, name: 'orders.queue', arguments: { 'x-queue-type': 'quorum' } }],
      bindings: [
        { source: 'orders', destination: 'orders.queue', destination_type: 'queue', routing_key: 'o.#', arguments: {} },
      ],
      policies: [],
      users: [{ name: 'intruder' }],
    });
    expect(await vhost.management.bindings()).toMatchObject([{ source: 'orders', destination: 'orders.queue' }]);
    const listed = () => vhost.management.queues();
    await waitFor('the queue to be listed', listed, { until: ([queue]) => queue?.type === 'quorum' });
    await vhost.management.deleteQueue('orders.queue');
    await waitFor('the queue to go', listed, { until: (queues) => queues.length === 0 });
    await vhost.remove();
    await expect(amqp.connect(vhost.url)).rejects.toThrow();
  });

  it('closes the connections of its virtual host and of no other', async () => {
    const [mine, other] = await Promise.all([createTestVhost(engines), createTestVhost(engines)]);
    const [connection, bystander] = await Promise.all([amqp.connect(mine.url), amqp.connect(other.url)]);
    let bystanderClosed = false;
    bystander.on('close', () => {
      bystanderClosed = true;
    });
    const closed = new Promise<unknown>((resolve) => connection.once('close', resolve));
    await waitFor('both connections to be listed', async () => {
      const lists = await Promise.all([mine.management.connections(), other.management.connections()]);
      return lists.every(({ length }) => length === 1);
    });
    expect(await mine.management.closeConnections()).toBe(1);
    expect(String(await closed)).toContain('CONNECTION_FORCED');
    await bystander.createChannel();
    expect(bystanderClosed).toBe(false);
    await bystander.close();
    await Promise.all([mine.remove(), other.remove()]);
  });

  it('gives databases that can be made side by side and taken away under their users', async () => {
    const databases = await Promise.all([1, 2, 3].map(() => createTestDatabase(engines)));
    expect(new Set(databases.map(({ url }) => url)).size).toBe(3);
    const client = new pg.Client({ connectionString: databases[0]?.url });
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await Promise.all(databases.map((database) => database.remove()));
    await waitFor('the user of the dropped database to be told', () => errors.length > 0);
  });

  it('gives an index prefix and deletes what was made under it, and nothing else', async () => {
    const [mine, other] = [createIndexPrefix(engines), createIndexPrefix(engines)];
    const url = (name: string) => `${engines.elasticsearchUrl}/${name}`;
    for (const { prefix } of [mine, other]) await fetch(url(`${prefix}doctors-1`), { method: 'PUT' });
    await mine.remove();
    expect((await fetch(url(`${mine.prefix}doctors-1`))).status).toBe(404);
    expect((await fetch(url(`${other.prefix}doctors-1`))).status).toBe(200);
    await other.remove();
    await other.remove();
  });
});
