import type { BucketSum, SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { ReturnFamily } from '../documents/return-family.js';
import type { IndexedReturn, IndexReader } from './index-reader.js';

/** Reads the generation that is shown to readers. */
@Injectable()
export class ShownIndexReader implements IndexReader {
  constructor(
    private readonly family: ReturnFamily,
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
  ) {}

  async bucketSums(): Promise<readonly BucketSum[]> {
    const index = await this.shown();
    await this.engine.refresh(index);
    return this.engine.bucketSums(index);
  }

  async bucketReturns(bucket: number): Promise<readonly IndexedReturn[]> {
    const found: IndexedReturn[] = [];
    for await (const page of this.engine.scan(await this.shown(), { bucket, tombstones: true, fields: [] })) {
      for (const each of page) found.push(toIndexed(each));
    }
    return found;
  }

  async find(ids: readonly number[]): Promise<readonly IndexedReturn[]> {
    if (ids.length === 0) return [];
    return (await this.engine.getMany(await this.shown(), ids.map(String))).map(toIndexed);
  }

  private async shown(): Promise<string> {
    const { active } = await (await this.family.ready()).status();
    if (!active) throw new Error('The index of returns was never set up.');
    return active.indexName;
  }
}

function toIndexed({ id, version, deleted }: { id: string; version: number; deleted: boolean }): IndexedReturn {
  return { id: Number(id), version, deleted };
}
