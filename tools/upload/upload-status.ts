// `state/status/upload.json`: how the uploads go, for the heartbeat. Written at the start of a run, now and
// then while it lasts, and at its end. A run that was narrowed says nothing of the lake as a whole.

import type { Clock } from '../../lake/clock.ts';
import {
  readStatus,
  type UploadStatus,
  uploadStatusSchema,
  writeStatus,
} from '../../lake/status.ts';
import type { Target } from './target.ts';

type Run = NonNullable<UploadStatus['last_run']>;

/** What a run came to. */
export type RunOutcome = Pick<Run, 'ok' | 'objects' | 'bytes' | 'error'>;

export class UploadStatusFile {
  readonly #root: string;
  readonly #service: 'upload' | 'upload-raw';
  readonly #clock: Clock;
  readonly #before: UploadStatus | undefined;
  readonly #startedAt: string;
  #lastRun: Run | null;
  #lastSuccessAt: string | null;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    root: string,
    service: 'upload' | 'upload-raw',
    clock: Clock,
    before: UploadStatus | undefined,
  ) {
    this.#root = root;
    this.#service = service;
    this.#clock = clock;
    this.#before = before;
    this.#startedAt = this.#formatNow();
    this.#lastRun = before?.last_run ?? null;
    this.#lastSuccessAt = before?.last_success_at ?? null;
  }

  static async open(
    root: string,
    service: 'upload' | 'upload-raw',
    clock: Clock,
  ): Promise<UploadStatusFile> {
    const before = await readStatus(root, service, uploadStatusSchema);
    return new UploadStatusFile(root, service, clock, before);
  }

  /** What the last run has noted of the store at `url`. */
  findStore(url: string): UploadStatus['stores'][number] | undefined {
    return this.#before?.stores.find((store) => store.url === url);
  }

  /** Writes it, unless it was written a moment ago. */
  async renew(targets: readonly Target[], everyMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#writtenAtMs >= everyMs) await this.write(targets);
  }

  /** One write at a time. */
  write(targets: readonly Target[]): Promise<void> {
    this.#writtenAtMs = this.#clock.monotonicMs();
    const write = () =>
      writeStatus(this.#root, this.#service, {
        updated_at: this.#formatNow(),
        last_run: this.#lastRun,
        last_success_at: this.#lastSuccessAt,
        stores: targets.map((target) => target.describe()),
      });
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  /** Notes how a run over the whole lake went. */
  async finish(targets: readonly Target[], outcome: RunOutcome): Promise<void> {
    const finished_at = this.#formatNow();
    this.#lastRun = { started_at: this.#startedAt, finished_at, ...outcome };
    if (outcome.ok) this.#lastSuccessAt = finished_at;
    for (const target of targets) target.noteRun();
    await this.write(targets);
  }

  #formatNow(): string {
    return new Date(this.#clock.nowUs() / 1000).toISOString();
  }
}
