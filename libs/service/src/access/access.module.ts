import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ServiceIdentity } from '../service-identity.js';
import { migrateAccess } from './access.migrations.js';
import { AuditLog } from './audit-log.js';
import { Authenticator } from './authenticator.js';
import { assertEveryRouteHasRule, routeHandlers } from './route-rules.js';
import { TokenStore } from './token.store.js';
import { TokensController } from './tokens.controller.js';

/** Tokens and audit for every route of a service. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [TokenStore, Authenticator, AuditLog, MetadataScanner],
  exports: [TokenStore, Authenticator, AuditLog],
})
export class AccessModule implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: ServiceIdentity,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  async onModuleInit(): Promise<void> {
    assertEveryRouteHasRule(routeHandlers(this.discovery, this.scanner));
    await migrateAccess(this.dataSource, this.identity.service);
  }
}

/** Serves `/api/tokens`; for the one service that does. */
@Module({ controllers: [TokensController] })
export class AccessAdminModule {}
