import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ProblemError, validationProblem } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import type { TypesSnapshot } from '../planning/type-positions.js';
import { BatchStore, type Submitted } from './batch.store.js';
import { BATCH_SOURCES, type BatchSources, type Upload } from './batch-sources.js';
import { assertMapped, contentHashOf, parseConfig, readForm, toOptions } from './read-submission.js';
import type { SubmitForm, SubmitQuery } from './submit.query.js';

/** The batch of a submission. */
export interface Accepted {
  readonly id: string;
  readonly state: string;
}

/** Takes an upload in and makes a batch of it. */
@Injectable()
export class Submission {
  constructor(
    private readonly batches: BatchStore,
    @Inject(BATCH_SOURCES) private readonly sources: BatchSources,
  ) {}

  /** @throws ProblemError 400, 404, 409, 413, 415; then nothing is left on disk */
  async accept(request: IncomingMessage, query: SubmitQuery, submittedBy: string): Promise<Accepted> {
    const upload = await this.sources.receive(request, query.name ?? '');
    let isKept = false;
    try {
      const submitted = await this.submit(upload, query, submittedBy);
      if (submitted.outcome === 'created') isKept = true;
      return toAccepted(submitted);
    } finally {
      if (!isKept) await upload.discard();
    }
  }

  private async submit({ files, fields }: Upload, query: SubmitQuery, submittedBy: string): Promise<Submitted> {
    const form = readForm(query, fields);
    const types = await this.sources.currentTypes();
    const config = await this.findConfig(form, types);
    assertMapped(files, config);
    const userId = form.userId ?? submittedBy;
    return this.batches.submit({
      id: form.importBatchId?.toLowerCase() ?? randomUUID(),
      userId,
      submittedBy,
      options: toOptions(form, config),
      resumeOf: form.resumeOf ?? null,
      contentHash: contentHashOf(files, config, userId),
      files,
      types,
      config,
    });
  }

  private async findConfig({ config: text, configId }: SubmitForm, types: TypesSnapshot): Promise<unknown> {
    if (text !== undefined && configId !== undefined) {
      throw validationProblem([{ path: 'config', message: 'config and configId exclude one another' }]);
    }
    if (configId !== undefined) return this.findConfigs(configId.split(','));
    if (text === undefined) return null;
    const config = parseConfig(text);
    this.check(config, types);
    return config;
  }

  private async findConfigs(ids: readonly string[]): Promise<unknown> {
    const configs: unknown[] = [];
    for (const id of ids.map((each) => each.trim())) {
      const config = id === '' ? null : await this.sources.findConfig(id);
      if (config === null && id !== '') throw new ProblemError(404, 'CONFIG_NOT_FOUND', `There is no mapping "${id}".`);
      configs.push(config);
    }
    return configs.length === 1 ? configs[0] : configs;
  }

  private check(config: unknown, types: TypesSnapshot): void {
    const isList = Array.isArray(config);
    const faults = (isList ? config : [config]).flatMap((each: unknown, index) => {
      if (each === null && isList) return [];
      const path = isList ? `config.${index}` : 'config';
      return this.sources.checkConfig(each, types).map((fault) => ({ ...fault, path: `${path}.${fault.path}` }));
    });
    if (faults.length > 0) throw validationProblem(faults);
  }
}

function toAccepted(submitted: Submitted): Accepted {
  switch (submitted.outcome) {
    case 'created':
    case 'repeated':
      return { id: submitted.id, state: submitted.state };
    case 'id_taken':
      throw new ProblemError(409, 'IMPORT_ID_TAKEN', 'Another import has this id.', { importBatchId: submitted.id });
    case 'duplicate_upload':
      throw new ProblemError(409, 'DUPLICATE_UPLOAD', 'The same files were imported already, with the same mapping.', {
        importBatchId: submitted.id,
      });
    case 'still_running':
      throw new ProblemError(409, 'IMPORT_STILL_RUNNING', 'Only an import that has ended can be gone on with.', {
        importBatchId: submitted.id,
      });
    case 'nothing_to_resume':
      throw validationProblem([{ path: 'resumeOf', message: 'resumeOf must be an import that is there' }]);
  }
}
