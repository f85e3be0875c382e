import { type Actor, Answers, CurrentActor, Requires, validationProblem } from '@lockstep/service';
import { Body, Controller, Get, Put } from '@nestjs/common';
import { checkImportTypes } from './check-import-types.js';
import type { ImportTypesVersion } from './import-types.entity.js';
import { ImportTypesStore } from './import-types.store.js';
import { ImportTypesBody, ImportTypesView } from './import-types-body.js';

/** What may be imported. A change is in force for batches that are sent afterwards. */
@Controller('api/import-types')
export class ImportTypesController {
  constructor(private readonly store: ImportTypesStore) {}

  @Get()
  @Requires('viewer')
  @Answers(200, ImportTypesView)
  async find(): Promise<ImportTypesView> {
    return toView(await this.store.current());
  }

  @Put()
  @Requires('admin')
  @Answers(200, ImportTypesView)
  async put(@Body() body: ImportTypesBody, @CurrentActor() actor: Actor): Promise<ImportTypesView> {
    const { types, errors } = checkImportTypes(body);
    if (errors) throw validationProblem(errors);
    return toView(await this.store.replace(types, actor.id));
  }
}

function toView({ types, version, contentHash, updatedAt, updatedBy }: ImportTypesVersion): ImportTypesView {
  return { ...types, version, contentHash, updatedAt: updatedAt.toISOString(), updatedBy };
}
