/** Which service this is, as it stands in logs, metrics, health and audit. */
export class ServiceIdentity {
  constructor(
    readonly service: string,
    readonly version: string,
  ) {}
}
