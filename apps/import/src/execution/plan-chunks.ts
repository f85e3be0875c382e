/** Items of one kind and type that are ready, in the order in which they are to be asked for. */
export interface ReadyItems {
  readonly kind: 'object' | 'link';
  readonly service: string;
  readonly type: number;
  readonly items: readonly number[];
}

/** A request that is not full and still waits for company. */
export interface FillingRequest {
  readonly id: string;
  readonly kind: 'object' | 'link';
  readonly type: number;
  readonly count: number;
}

export interface ChunkPlan {
  readonly append: readonly { readonly id: string; readonly items: readonly number[]; readonly isFull: boolean }[];
  readonly create: readonly (ReadyItems & { readonly isFull: boolean })[];
}

/** Shares ready items out to requests of at most `size` items each: first to those that are filling, then to new ones. */
export function planChunks(
  ready: readonly ReadyItems[],
  filling: readonly FillingRequest[],
  sizes: Readonly<Record<'object' | 'link', number>>,
): ChunkPlan {
  const append: ChunkPlan['append'][number][] = [];
  const create: ChunkPlan['create'][number][] = [];
  for (const group of ready) {
    const size = sizes[group.kind];
    let next = 0;
    for (const request of filling.filter(({ kind, type }) => kind === group.kind && type === group.type)) {
      const room = Math.min(size - request.count, group.items.length - next);
      if (room <= 0) continue;
      append.push({
        id: request.id,
        items: group.items.slice(next, next + room),
        isFull: request.count + room === size,
      });
      next += room;
    }
    for (; next < group.items.length; next += size) {
      const items = group.items.slice(next, next + size);
      create.push({ ...group, items, isFull: items.length === size });
    }
  }
  return { append, create };
}
