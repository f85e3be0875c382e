import { createHash } from 'node:crypto';
import { toFieldErrors, validationProblem } from '@lockstep/service';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { type BatchFile, configOf } from './batch.js';
import { DEFAULT_OPTIONS, type ImportOptions } from './import-options.js';
import { SubmitForm, type SubmitQuery } from './submit.query.js';

/** The fields of a form, checked as a query is, over those of the query. @throws ProblemError 400 */
export function readForm(query: SubmitQuery, fields: Readonly<Record<string, string>>): SubmitForm {
  const form = plainToInstance(SubmitForm, { ...fields });
  const faults = validateSync(form, { whitelist: true, forbidNonWhitelisted: true });
  if (faults.length > 0) throw validationProblem(toFieldErrors(faults));
  return Object.assign(new SubmitForm(), query, form);
}

/** The mapping that stands in a form. @throws ProblemError 400 */
export function parseConfig(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw validationProblem([{ path: 'config', message: `config must be JSON: ${(error as Error).message}` }]);
  }
}

export function toOptions(form: SubmitForm, config: unknown): ImportOptions {
  const { dryRun, confirm, skipInvalid, verifyExisting, useUserReference, rejectDuplicateUpload } = form;
  return {
    dryRun: isOn(dryRun, DEFAULT_OPTIONS.dryRun),
    confirm: isOn(confirm, DEFAULT_OPTIONS.confirm),
    skipInvalid: isOn(skipInvalid, DEFAULT_OPTIONS.skipInvalid),
    onCreateError: form.onCreateError ?? DEFAULT_OPTIONS.onCreateError,
    existing: form.existing ?? DEFAULT_OPTIONS.existing,
    cycle: form.cycle ?? DEFAULT_OPTIONS.cycle,
    verifyExisting: isOn(verifyExisting, DEFAULT_OPTIONS.verifyExisting),
    useUserReference: isOn(useUserReference, someUseReferences(config)),
    rejectDuplicateUpload: isOn(rejectDuplicateUpload, DEFAULT_OPTIONS.rejectDuplicateUpload),
    maxErrors: form.maxErrors ?? DEFAULT_OPTIONS.maxErrors,
  };
}

function isOn(given: 'true' | 'false' | undefined, otherwise: boolean): boolean {
  return given === undefined ? otherwise : given === 'true';
}

function someUseReferences(config: unknown): boolean {
  const configs = Array.isArray(config) ? config : [config];
  return configs.some((each) => (each as { useUserReference?: boolean } | null)?.useUserReference === true);
}

/** Every file that needs a mapping has one of its own kind. @throws ProblemError 400 */
export function assertMapped(files: readonly BatchFile[], config: unknown): void {
  const faults = files.flatMap(({ fileNo, name, importType }) => {
    if (importType === 'jsonl') return [];
    const own = configOf(config, fileNo) as { importType?: string } | null;
    if (own?.importType === importType) return [];
    const message = own
      ? `the mapping for "${name}" is for ${own.importType ?? 'no'} files, and it is a ${importType} file`
      : `"${name}" is a ${importType} file and needs a mapping: config or configId`;
    return [{ path: 'config', message }];
  });
  if (faults.length > 0) throw validationProblem(faults);
}

/** The same for the same content in the same files, whatever they are called. */
export function contentHashOf(files: readonly BatchFile[], config: unknown, userId: string): string {
  const content = files.map(({ sha256, importType }) => [sha256, importType]);
  return createHash('sha256')
    .update(JSON.stringify([content, config, userId]))
    .digest('hex');
}
