import { Readable } from 'node:stream';
import { Answers, type Page, ProblemError, pageOffset, Requires, toPage } from '@lockstep/service';
import { Controller, Get, Inject, Param, ParseUUIDPipe, Query, StreamableFile } from '@nestjs/common';
import { OBJECT_STATUSES } from '../statuses.js';
import { configOf, type StoredBatch } from './batch.js';
import { BatchStore } from './batch.store.js';
import { BatchErrorStore } from './batch-error.store.js';
import { BATCH_SOURCES, type BatchSources } from './batch-sources.js';
import { noSuchImport } from './batches.controller.js';
import { ErrorsQuery, FailedRowsQuery, LinksQuery, ObjectsQuery, ReportQuery } from './batches.query.js';
import { FailedRecordStore } from './failed-record.store.js';
import { BatchErrorAnswer, PendingLinkAnswer, PendingObjectAnswer, toErrorAnswer } from './item.answer.js';
import { ItemLists } from './item-lists.js';
import { ItemNames } from './item-names.js';
import { Report } from './report.js';

const MEDIA_TYPES = { csv: 'text/csv; charset=utf-8', xml: 'application/xml', jsonl: 'application/x-ndjson' } as const;

/** What became of an import: its objects, its links, and all that is wrong with it. */
@Controller('api/imports/:importBatchId')
export class BatchResultsController {
  constructor(
    private readonly batches: BatchStore,
    private readonly lists: ItemLists,
    private readonly errors: BatchErrorStore,
    private readonly report: Report,
    private readonly failed: FailedRecordStore,
    @Inject(BATCH_SOURCES) private readonly sources: BatchSources,
  ) {}

  @Get('objects')
  @Requires('viewer')
  @Answers(200, PendingObjectAnswer, { page: true })
  async listObjects(
    @Param('importBatchId', ParseUUIDPipe) id: string,
    @Query() query: ObjectsQuery,
  ): Promise<Page<PendingObjectAnswer>> {
    const { batch, names } = await this.mustLoad(id);
    const filter = {
      status: query.status === undefined ? null : OBJECT_STATUSES.indexOf(query.status),
      objectType: query.objectType === undefined ? null : names.positionOfType(query.objectType),
      reference: query.reference ?? null,
    };
    const { items, total } = await this.lists.objects(batch, names, filter, query.pageSize, pageOffset(query));
    return toPage(query, items, total);
  }

  @Get('links')
  @Requires('viewer')
  @Answers(200, PendingLinkAnswer, { page: true })
  async listLinks(
    @Param('importBatchId', ParseUUIDPipe) id: string,
    @Query() query: LinksQuery,
  ): Promise<Page<PendingLinkAnswer>> {
    const { batch, names } = await this.mustLoad(id);
    const filter = {
      status: query.status ?? null,
      tag: query.linkTag === undefined ? null : names.positionOfTag(query.linkTag),
    };
    const { items, total } = await this.lists.links(batch, names, filter, query.pageSize, pageOffset(query));
    return toPage(query, items, total);
  }

  @Get('errors')
  @Requires('viewer')
  @Answers(200, BatchErrorAnswer, { page: true })
  async listErrors(
    @Param('importBatchId', ParseUUIDPipe) id: string,
    @Query() query: ErrorsQuery,
  ): Promise<Page<BatchErrorAnswer>> {
    const { names } = await this.mustLoad(id);
    const filter = { severity: query.severity ?? null, code: query.code ?? null };
    const { items, total } = await this.errors.list(id, filter, query.pageSize, pageOffset(query));
    return toPage(
      query,
      items.map((row) => toErrorAnswer(row, id, names)),
      total,
    );
  }

  /** A line for each object in each record, streamed. */
  @Get('report')
  @Requires('viewer')
  @Answers(200, undefined, { mediaType: 'text/csv' })
  async getReport(
    @Param('importBatchId', ParseUUIDPipe) id: string,
    @Query() query: ReportQuery,
  ): Promise<StreamableFile> {
    const { batch, names } = await this.mustLoad(id);
    const format = query.format ?? 'csv';
    return toDownload(this.report.write(batch, names, format), MEDIA_TYPES[format], `import-${id}.${format}`);
  }

  /** The records of one file that did not come through, as the file has them, with why: to be corrected and sent again. */
  @Get('failed-rows')
  @Requires('viewer')
  @Answers(200, undefined, { mediaType: 'text/csv' })
  async getFailedRows(
    @Param('importBatchId', ParseUUIDPipe) id: string,
    @Query() query: FailedRowsQuery,
  ): Promise<StreamableFile> {
    const { batch } = await this.mustLoad(id);
    const file = batch.files.find(({ fileNo }) => fileNo === (query.fileNo ?? 1));
    if (!file) throw new ProblemError(404, 'IMPORT_FILE_NOT_FOUND', `The import has ${batch.files.length} files.`);
    if (file.path === '') throw new ProblemError(410, 'IMPORT_FILE_GONE', 'The file is not kept any more.');
    const { config } = await this.batches.definition(id);
    const rows = this.sources.writeFailed(file, configOf(config, file.fileNo), this.failed.of(id, file.fileNo));
    return toDownload(rows, MEDIA_TYPES[file.importType], `failed-${file.fileNo}.${file.importType}`);
  }

  private async mustLoad(id: string): Promise<{ batch: StoredBatch; names: ItemNames }> {
    const batch = (await this.batches.load(id)) ?? noSuchImport();
    const { types } = await this.batches.definition(id);
    return { batch, names: new ItemNames(types) };
  }
}

/** Its name is ours, not the sender's: it becomes part of a header. */
function toDownload(text: AsyncIterable<string>, type: string, name: string): StreamableFile {
  const stream = Readable.from(text, { objectMode: false });
  return new StreamableFile(stream, { type, disposition: `attachment; filename="${name}"` });
}
