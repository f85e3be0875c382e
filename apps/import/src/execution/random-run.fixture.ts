import type { ImportLinkRequestV1, ImportObjectRequestV1, ImportResultV1 } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { OwnerDouble } from '@lockstep/testing';
import type { BatchCommand } from './decide-batch.js';
import type { Dispatch } from './dispatch.store.js';
import type { ExecutionBench, Graph, GraphLink, GraphObject } from './execution.fixture.js';
import type { Fate } from './reference-model.fixture.js';

/** Numbers that only depend on their seed (mulberry32). */
export class Dice {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const copy = [...values];
    for (let at = copy.length - 1; at > 0; at -= 1) {
      const other = this.below(at + 1);
      [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
    }
    return copy;
  }
}

/** A random graph without dependent cycles: parents come earlier in a hidden order, numbers are given in another. */
export function randomGraph(dice: Dice, options: { readonly hasInvalid: boolean }): Graph {
  const count = dice.below(9);
  const numbers = dice.shuffled(Array.from({ length: count }, (_, index) => index + 1));
  const objects = numbers.map((no): GraphObject => {
    const action = dice.chance(0.7) ? 'create' : dice.chance(0.6) ? 'reference' : 'update';
    return { no, type: dice.below(2), action, isInvalid: options.hasInvalid && dice.chance(0.1) };
  });
  const links = new Map<string, Omit<GraphLink, 'no'>>();
  for (let tries = dice.below(14); tries > 0 && count > 0; tries -= 1) {
    const [a, b] = [dice.below(count), dice.below(count)];
    const child = objects[Math.max(a, b)] as GraphObject;
    const parent = objects[Math.min(a, b)] as GraphObject;
    const kind = a === b || dice.chance(0.3) ? 'independent' : dice.chance(0.4) ? 'separate' : 'dependent';
    // Planning refuses a dependent link on a child that exists, unless it has a message of its own.
    if (kind === 'dependent' && child.action !== 'create') continue;
    links.set(`${child.no} ${parent.no} ${kind}`, { child: child.no, parent: parent.no, kind });
  }
  return {
    objects: [...objects].sort((a, b) => a.no - b.no),
    links: dice.shuffled([...links.values()]).map((link, index) => ({ no: index + 1, ...link })),
  };
}

export function randomFate(dice: Dice, graph: Graph): Fate {
  const failShare = dice.chance(0.4) ? 0 : 0.2;
  const some = (items: readonly { no: number }[]) =>
    new Set(items.filter(() => dice.chance(failShare)).map(({ no }) => no));
  return { failingObjects: some(graph.objects), failingLinks: some(graph.links) };
}

/**
 * Owners and a broker that are as unkind as they may be: answers come late, in parts, twice, in any order, not at all, or
 * ask for patience; requests come twice. Runs a batch to its end, and says what was against the order of creation.
 */
export class RandomRun {
  readonly owner: OwnerDouble;
  readonly faults: string[] = [];
  readonly seed: number;
  private readonly batchId: string;
  private readonly waiting: ImportResultV1[] = [];
  private readonly silentOnce = new Set<string>();

  constructor(
    private readonly bench: ExecutionBench,
    private readonly dice: Dice,
    named: { readonly batchId: string; readonly seed: number },
    private readonly graph: Graph,
    /** May change between two runs of the batch. */
    public fate: Fate,
  ) {
    this.batchId = named.batchId;
    this.seed = named.seed;
    this.owner = new OwnerDouble(({ kind, id, time }) => {
      const no = Number(/\d+$/.exec(id)?.[0]);
      if (time === 1 && dice.chance(0.1)) return { kind: 'error', fault: { retryable: true } };
      if (dice.chance(0.04) && !this.silentOnce.has(id)) {
        this.silentOnce.add(id);
        return { kind: 'silent' };
      }
      const { failingObjects, failingLinks } = this.fate;
      return { kind: (kind === 'object' ? failingObjects : failingLinks).has(no) ? 'error' : 'complete' };
    });
  }

  /** `cancelAt`: the step at which somebody cancels the batch. */
  async toEnd(cancelAt?: number): Promise<void> {
    for (let steps = 0; steps < 500; steps += 1) {
      if (steps === cancelAt) await this.command('cancel');
      const { hasEnded, isReleasing } = await this.look();
      if (hasEnded) return;
      if (isReleasing) await this.bench.continueReleases(this.batchId);
      const sent = this.dice.chance(0.7) ? await this.send() : 0;
      if (this.waiting.length > 0) await this.deliver();
      else if (sent === 0) await this.makeDue();
    }
    throw new Error('the batch did not end');
  }

  private async look(): Promise<{ hasEnded: boolean; isReleasing: boolean }> {
    const [row]: { hasEnded: boolean; isReleasing: boolean }[] = await this.bench.dataSource.query(
      `SELECT state IN ('complete', 'error', 'cancelled') AS "hasEnded",
         EXISTS (SELECT FROM pending_release WHERE batch_id = $1) AS "isReleasing"
       FROM import_batch WHERE id = $1`,
      [this.batchId],
    );
    return row!;
  }

  private async send(): Promise<number> {
    const claimed = (await this.bench.dispatches.claim({ limit: 3, maxInFlight: 4, claimMs: 3_600_000 })).filter(
      ({ batchId }) => batchId === this.batchId,
    );
    for (const dispatch of claimed) {
      const built = await this.bench.requests.build(dispatch);
      if ('fits' in built) throw new Error('too large');
      const times = this.dice.chance(0.1) ? 2 : 1;
      for (let time = 0; time < times; time += 1) this.ask(dispatch, JSON.parse(built.body.toString('utf8')));
    }
    // Now and then an answer arrives before the request is known to be sent.
    if (this.waiting.length > 0 && this.dice.chance(0.2)) await this.deliver();
    // Or its sender dies before it has written that down.
    if (this.dice.chance(0.1)) return claimed.length;
    await this.bench.dispatches.markSent(
      claimed.map(({ id }) => id),
      3_600_000,
    );
    return claimed.length;
  }

  private ask(dispatch: Dispatch, request: ImportObjectRequestV1 & ImportLinkRequestV1): void {
    if (dispatch.kind === 'object') this.checkParents(request);
    else this.checkEnds(request);
    const result = dispatch.kind === 'object' ? this.owner.answerObjects(request) : this.owner.answerLinks(request);
    if (result) this.waiting.push(...this.scatter(result));
  }

  /** In parts, doubled and behind others. */
  private scatter(result: ImportResultV1): ImportResultV1[] {
    const parts =
      result.items.length > 1 && this.dice.chance(0.4)
        ? result.items.map((item) => ({ ...result, items: [item] }))
        : [result];
    return parts.flatMap((part) => (this.dice.chance(0.15) ? [part, part] : [part]));
  }

  private async deliver(): Promise<void> {
    const count = 1 + this.dice.below(Math.min(3, this.waiting.length));
    const shuffled = this.dice.shuffled(this.waiting.splice(0));
    const delivered = shuffled.splice(0, count);
    // A message that was handled may be handed over again.
    const again = delivered.filter(() => this.dice.chance(0.1));
    this.waiting.push(...shuffled);
    await this.apply(delivered);
    if (again.length > 0) await this.apply(again);
  }

  async command(command: BatchCommand): Promise<string | null> {
    const outcome = await inTransaction(this.bench.dataSource, (manager) =>
      this.bench.execution.command(manager, this.batchId, command),
    );
    return outcome?.to ?? null;
  }

  /** What is still on its way arrives after the end. */
  async deliverRest(): Promise<void> {
    if (this.waiting.length > 0) await this.apply(this.waiting.splice(0));
  }

  private async apply(results: readonly ImportResultV1[]): Promise<void> {
    const reasons = await this.bench.apply(this.batchId, results);
    this.faults.push(...reasons.filter((reason) => reason !== null));
  }

  /** Nothing moves: the time of what waits has come, and that of answers which never came. */
  private async makeDue(): Promise<void> {
    const rows: { id: string }[] = await this.bench.dataSource.query(
      `WITH due AS (
         UPDATE dispatch SET due_at = clock_timestamp() WHERE batch_id = $1 AND state <> 'done' RETURNING id, state)
       SELECT id::text FROM due WHERE state <> 'queued'`,
      [this.batchId],
    );
    if (rows.length === 0) return;
    await inTransaction(this.bench.dataSource, (manager) =>
      this.bench.execution.expire(
        manager,
        this.batchId,
        rows.map(({ id }) => id),
      ),
    );
  }

  /** An object is asked for after its parents were made, with the ids of all of them. */
  private checkParents(request: ImportObjectRequestV1): void {
    const ids = this.knownIds();
    for (const { pendingObjectId, action, parents } of request.items) {
      const no = Number(pendingObjectId.split(':')[1]);
      const links = this.graph.links.filter(({ child, kind }) => child === no && kind !== 'independent');
      const expected = links.map(({ parent }) => ids.get(parent)).filter((id) => id !== undefined);
      const named = parents.map(({ identifierIds }) => identifierIds['id']);
      const isWhole = action !== 'create' || named.length === links.length;
      if (!isWhole || named.some((id) => !expected.includes(id as string))) {
        this.faults.push(`object ${no} was asked for with ${named.join()} of ${links.length} parents`);
      }
    }
  }

  private checkEnds(request: ImportLinkRequestV1): void {
    const ids = this.knownIds();
    for (const { pendingLinkId, child, parent } of request.items) {
      const link = this.graph.links.find(({ no }) => no === Number(pendingLinkId.split(':L')[1]))!;
      const isRight =
        ids.get(link.child) === child.identifierIds['id'] && ids.get(link.parent) === parent.identifierIds['id'];
      if (!isRight || child.identifierIds['id'] === undefined)
        this.faults.push(`link ${link.no} was asked for too early`);
    }
  }

  /** Ids of what the owners have made, and of what was there before. */
  private knownIds(): Map<number, string> {
    const there = this.graph.objects.filter(({ action }) => action !== 'create');
    return new Map([
      ...there.map(({ no }): [number, string] => [no, `there-${no}`]),
      ...this.owner.made
        .filter(({ kind }) => kind === 'object')
        .map(({ id, identifierIds }): [number, string] => [Number(id.split(':')[1]), identifierIds['id'] as string]),
    ]);
  }
}
