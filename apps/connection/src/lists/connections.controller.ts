import { londonDate } from '@lockstep/contracts';
import type { SearchEngine } from '@lockstep/search';
import { Answers, Clock, type Page, ProblemError, Requires, SEARCH_ENGINE, toPage } from '@lockstep/service';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ConnectionConfig } from '../connection.config.js';
import { ConnectionInfo, toConnectionInfo } from './connection.answer.js';
import { CONNECTION_LISTS, type ConnectionList, type ConnectionListName } from './connection-list.js';
import { ConnectionsQuery } from './connections.query.js';
import { toSearchQuery } from './to-search-query.js';

/** The lists of doctors and their connections to designated bodies. */
@Controller('api/connections')
export class ConnectionsController {
  constructor(
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly config: ConnectionConfig,
    private readonly clock: Clock,
  ) {}

  @Get(':list')
  @Requires('viewer')
  @Answers(200, ConnectionInfo, { page: true })
  async list(@Param('list') name: string, @Query() query: ConnectionsQuery): Promise<Page<ConnectionInfo>> {
    const list = findList(name);
    const today = londonDate(this.clock.now());
    const found = await this.engine.search(list.schema, list.alias, toSearchQuery(list, query, this.config));
    const rows = found.items.map(({ document }) =>
      toConnectionInfo(document as unknown as Parameters<typeof toConnectionInfo>[0], today),
    );
    return toPage(query, rows, found.total, found.cursor);
  }
}

function findList(name: string): ConnectionList {
  if (Object.hasOwn(CONNECTION_LISTS, name)) return CONNECTION_LISTS[name as ConnectionListName];
  const known = Object.keys(CONNECTION_LISTS).join(', ');
  throw new ProblemError(404, 'LIST_UNKNOWN', `There is no list of that name; there are ${known}.`);
}
