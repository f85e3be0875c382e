import { IsIn, IsUUID } from 'class-validator';

/** What came of a task that was done by hand. */
export class TaskAnswer {
  @IsUUID()
  runId!: string;

  @IsIn(['planned', 'done', 'again', 'fenced', 'paused', 'inHand'])
  result!: 'planned' | 'done' | 'again' | 'fenced' | 'paused' | 'inHand';
}
