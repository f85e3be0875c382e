import { connectionService } from '@lockstep/connection';
import { importService } from '@lockstep/import';
import { integrationService } from '@lockstep/integration';
import { recommendationService } from '@lockstep/recommendation';
import { returnsService } from '@lockstep/returns';
import { type FrontDoorRule, type HostedService, hostService, planFrontDoor } from '@lockstep/service';
import { shopUpdateService } from '@lockstep/shop-update';
import { tcsService } from '@lockstep/tcs';

/** Every service of Lockstep. A new one is added here, and in nothing else that routes or starts services. */
export const SERVICES: readonly HostedService[] = [
  hostService(tcsService),
  hostService(integrationService),
  hostService(recommendationService),
  hostService(connectionService),
  hostService(importService),
  hostService(shopUpdateService),
  hostService(returnsService),
];

/** Which service takes which path, at one address for all: here, and in a reverse proxy before services that run alone. */
export function frontDoorRules(services: readonly HostedService[] = SERVICES): FrontDoorRule[] {
  return planFrontDoor(services.map((hosted) => ({ service: hosted.service, routes: hosted.routes() })));
}
