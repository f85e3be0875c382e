import { describe, expect, it } from 'vitest';
import type { StreamEvent } from './event-streams.js';
import { type FollowedEvents, followEvents, type StoredEvent } from './follow-events.js';

const progress = (id: number): StoredEvent => ({ id, type: 'progress', data: { id } });
const end = (id: number): StoredEvent => ({ id, type: 'end', data: { id } });

/** Of these events, and of something that has ended so. */
function ended(events: readonly StoredEvent[], summary: object | null = { summary: true }): FollowedEvents {
  return {
    after: async (id, limit) => events.filter((event) => event.id > id).slice(0, limit),
    readEnd: async () => summary,
  };
}

async function read(followed: FollowedEvents, lastEventId?: string): Promise<StreamEvent[]> {
  const told: StreamEvent[] = [];
  for await (const event of followEvents(followed, lastEventId, new AbortController().signal)) told.push(event);
  return told;
}

const idsOf = (events: readonly StreamEvent[]) => events.map(({ id, type }) => `${type} ${id}`);

describe('following stored events', () => {
  it('tells all of them and stops after the end', async () => {
    expect(idsOf(await read(ended([progress(3), progress(7), end(9)])))).toEqual(['progress 3', 'progress 7', 'end 9']);
  });

  it('goes on after the one that the client saw last', async () => {
    expect(idsOf(await read(ended([progress(3), progress(7), end(9)]), '3'))).toEqual(['progress 7', 'end 9']);
  });

  it.each(['', 'x', '-1', '1e9'])('begins at the beginning for a client that says %j', async (lastEventId) => {
    expect(idsOf(await read(ended([end(9)]), lastEventId))).toEqual(['end 9']);
  });

  it('tells the end also where nobody has written its event, and to a client that comes back after it', async () => {
    expect(await read(ended([progress(3)]))).toEqual([
      { id: '3', type: 'progress', data: { id: 3 } },
      { id: '3', type: 'end', data: { summary: true } },
    ]);
    expect(idsOf(await read(ended([progress(3), end(9)]), '9'))).toEqual(['end 9']);
  });

  it('tells many, page by page, and those that come before an end that it has seen', async () => {
    const many = Array.from({ length: 250 }, (_, at) => progress(at + 1));
    expect(await read(ended([...many, end(251)]))).toHaveLength(251);
  });

  it('goes on after an end when there is more to come', async () => {
    const events = [end(1)];
    let looks = 0;
    const followed: FollowedEvents = {
      ...ended(events),
      readEnd: async () => {
        looks += 1;
        if (looks === 2) events.push(progress(2), end(3));
        return looks < 2 ? null : {};
      },
    };
    expect(idsOf(await read(followed))).toEqual(['end 1', 'progress 2', 'end 3']);
  });

  it('stops when the client has gone', async () => {
    const gone = new AbortController();
    const told: StreamEvent[] = [];
    for await (const event of followEvents(ended([progress(1)], null), undefined, gone.signal)) {
      told.push(event);
      gone.abort();
    }
    expect(idsOf(told)).toEqual(['progress 1']);
  });
});
