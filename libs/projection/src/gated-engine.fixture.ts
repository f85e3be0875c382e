import { type SearchEngine, SearchUnavailableError } from '@lockstep/search';

/** An engine whose next scan can be held after its first page, whose next fill before its end, or that can be away for some scans or removals. */
export type GatedEngine = SearchEngine & {
  holdScan(): Gate;
  holdSeal(): Gate;
  failScans(times: number): void;
  failDeletes(times: number): void;
};

/** Puts the gates into an engine. */
export function gated(engine: SearchEngine): GatedEngine {
  let scanGate: ClosedGate | undefined;
  let sealGate: ClosedGate | undefined;
  let failures = 0;
  let deleteFailures = 0;
  const scan = engine.scan.bind(engine);
  const deleteIndex = engine.deleteIndex.bind(engine);
  const finishFill = engine.finishFill.bind(engine);
  return Object.assign(engine, {
    async *scan(...parameters: Parameters<SearchEngine['scan']>) {
      const gate = scanGate;
      scanGate = undefined;
      for await (const page of scan(...parameters)) {
        if (failures > 0) {
          failures -= 1;
          throw new SearchUnavailableError('away for a moment');
        }
        await gate?.pass();
        yield page;
      }
    },
    async finishFill(name: string) {
      const gate = sealGate;
      sealGate = undefined;
      await gate?.pass();
      await finishFill(name);
    },
    async deleteIndex(name: string) {
      if (deleteFailures > 0) {
        deleteFailures -= 1;
        throw new SearchUnavailableError('away for a moment');
      }
      await deleteIndex(name);
    },
    failDeletes(times: number) {
      deleteFailures = times;
    },
    holdScan() {
      scanGate = closedGate();
      return scanGate;
    },
    holdSeal() {
      sealGate = closedGate();
      return sealGate;
    },
    failScans(times: number) {
      failures = times;
    },
  });
}

interface Gate {
  /** Somebody stands before it. */
  readonly reached: Promise<void>;
  open(): void;
}

interface ClosedGate extends Gate {
  pass(): Promise<void>;
}

function closedGate(): ClosedGate {
  let arrive: () => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const pass = () => {
    arrive();
    return opened;
  };
  return { reached, open, pass };
}
