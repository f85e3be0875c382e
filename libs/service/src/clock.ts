import { Injectable } from '@nestjs/common';

/** The time, injectable so that tests can set it. Durations are measured with `performance.now()`, never with this. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
