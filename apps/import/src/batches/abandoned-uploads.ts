import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UPLOAD_SETTINGS, type UploadSettings } from './feed-sources.js';

/** Longer than any upload takes: until it is a batch, nothing else tells a folder in use from one that was left. */
const OLD_MS = 24 * 3_600_000;

/** Removes what a service that died in the middle of an upload left on disk: folders that belong to no batch. */
@Injectable()
export class AbandonedUploads {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(UPLOAD_SETTINGS) private readonly uploads: UploadSettings,
  ) {}

  /** The number of folders removed. Doing it twice, in two replicas, does nothing. */
  async sweep(now: Date = new Date()): Promise<number> {
    const folders = await this.findOld(now);
    if (folders.length === 0) return 0;
    const rows: { path: string }[] = await this.dataSource.query(`SELECT path FROM import_file WHERE path <> ''`);
    const inUse = new Set(rows.map(({ path }) => dirname(path)));
    const abandoned = folders.filter((folder) => !inUse.has(folder));
    for (const folder of abandoned) await rm(folder, { recursive: true, force: true });
    return abandoned.length;
  }

  private async findOld(now: Date): Promise<string[]> {
    const names = await readdir(this.uploads.directory).catch(() => []);
    const old: string[] = [];
    // Only what is named as our folders are: the directory may be shared.
    for (const name of names.filter((each) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(each))) {
      const folder = join(this.uploads.directory, name);
      const found = await stat(folder).catch(() => null);
      if (found?.isDirectory() && now.getTime() - found.mtimeMs > OLD_MS) old.push(folder);
    }
    return old;
  }
}
