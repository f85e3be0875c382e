import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ackMsSql, answerKindSql, answerMsSql, IS_UNDER_WAY, reasonSql, resultSql, wrongSql } from './call-result.js';
import { AGE_ENDS_SECONDS, classSql, TIME_ENDS_MS } from './histogram.js';

const HOUR_OF = (column: string): string => `date_trunc('hour', ${column}, 'UTC')`;

/**
 * What the graphs are made of, counted by the hour. Triggers count in the transaction of each change, whoever makes it: they
 * append to tables of news, which many can do at once, and a loop adds those up. What is asked for is the sum of both.
 */
export class CreateAnalytics1763900000501 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- Items that have come to their end, by the hour in which they were queued.
      CREATE TABLE ended_items (
        queued_hour timestamptz NOT NULL,
        -- synced, superseded, cancelled.
        outcome text NOT NULL,
        age_class smallint NOT NULL,
        items bigint NOT NULL,
        PRIMARY KEY (queued_hour, outcome, age_class)
      );
      CREATE TABLE ended_items_news (LIKE ended_items);
      -- Items sent and calls that have ended, by the hour in which they were sent.
      CREATE TABLE made_calls (
        hour timestamptz NOT NULL,
        method text NOT NULL,
        topic text NOT NULL,
        -- sent, then: success, failure.
        result text NOT NULL,
        -- Of a failure; else empty.
        reason text NOT NULL,
        calls bigint NOT NULL,
        items bigint NOT NULL,
        PRIMARY KEY (hour, method, topic, result, reason)
      );
      CREATE TABLE made_calls_news (LIKE made_calls);
      -- How long the shop took, by the hour in which the call was sent.
      CREATE TABLE call_times (
        hour timestamptz NOT NULL,
        method text NOT NULL,
        -- response of a synchronous call; ack, callback of an asynchronous one.
        kind text NOT NULL,
        time_class smallint NOT NULL,
        calls bigint NOT NULL,
        sum_ms double precision NOT NULL,
        PRIMARY KEY (hour, method, kind, time_class)
      );
      CREATE TABLE call_times_news (LIKE call_times);
      -- The queue as it stood in each minute that was looked at.
      CREATE TABLE queue_sample (
        minute timestamptz PRIMARY KEY,
        -- How long the oldest item had waited that was still to be sent or answered: the most in this minute.
        oldest_age_seconds double precision NOT NULL,
        -- Items that had not ended, at the first look: { topic: { status: items } }.
        unfinished jsonb NOT NULL
      );
    `);
    await queryRunner.query(ITEM_TRIGGERS);
    await queryRunner.query(CALL_TRIGGERS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION count_inserted_items, count_ended_items, count_sent_items, count_call CASCADE;
      DROP TABLE queue_sample, call_times_news, call_times, made_calls_news, made_calls, ended_items_news, ended_items;
    `);
  }
}

const AGE = (row: string): string =>
  classSql(`extract(epoch FROM ${row}.finished_at - ${row}.queued_at)`, AGE_ENDS_SECONDS);

const ITEM_TRIGGERS = `
  CREATE FUNCTION count_inserted_items() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    INSERT INTO ended_items_news (queued_hour, outcome, age_class, items)
    SELECT ${HOUR_OF('m.queued_at')}, m.status, ${AGE('m')}, count(*)
    FROM made m WHERE m.finished_at IS NOT NULL GROUP BY 1, 2, 3;
    RETURN NULL;
  END $$;
  CREATE TRIGGER count_inserted AFTER INSERT ON sync_item REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_items();
  CREATE FUNCTION count_ended_items() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    IF NOT EXISTS (SELECT FROM changed WHERE finished_at IS NOT NULL) THEN RETURN NULL; END IF;
    -- Added up instead of joined: a plan that is kept from one item would compare each of many with each.
    INSERT INTO ended_items_news (queued_hour, outcome, age_class, items)
    SELECT ${HOUR_OF('e.queued_at')}, e.status, ${AGE('e')}, sum(e.items)
    FROM (SELECT queued_at, status, finished_at, 1 AS items FROM changed
      UNION ALL SELECT queued_at, status, finished_at, -1 FROM former) AS e
    WHERE e.finished_at IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(e.items) <> 0;
    RETURN NULL;
  END $$;
  CREATE TRIGGER count_ended AFTER UPDATE ON sync_item REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_ended_items();`;

/** The items of a call are stored beside it: both are looked at when the transaction ends. */
const CALL_TRIGGERS = `
  CREATE FUNCTION count_sent_items() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    INSERT INTO made_calls_news (hour, method, topic, result, reason, calls, items)
    SELECT ${HOUR_OF('c.created_at')}, c.method, c.topic, 'sent', '', count(DISTINCT c.id), count(*)
    FROM made m JOIN sync_call c ON c.id = m.call_id GROUP BY 1, 2, 3;
    RETURN NULL;
  END $$;
  CREATE TRIGGER count_sent AFTER INSERT ON sync_call_item REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_sent_items();
  CREATE FUNCTION count_call() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  DECLARE
    carried bigint;
    wrong text;
    before text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.outcome END;
    acked timestamptz := CASE WHEN TG_OP = 'UPDATE' THEN OLD.acked_at END;
    responded timestamptz := CASE WHEN TG_OP = 'UPDATE' THEN OLD.responded_at END;
  BEGIN
    IF NEW.acked_at IS NOT NULL AND acked IS NULL THEN
      INSERT INTO call_times_news VALUES (${HOUR_OF('NEW.created_at')}, NEW.method, 'ack',
        ${classSql(ackMsSql('NEW'), TIME_ENDS_MS)}, 1, ${ackMsSql('NEW')});
    END IF;
    IF NEW.responded_at IS NOT NULL AND responded IS NULL THEN
      INSERT INTO call_times_news VALUES (${HOUR_OF('NEW.created_at')}, NEW.method,
        ${answerKindSql('NEW')},
        ${classSql(answerMsSql('NEW'), TIME_ENDS_MS)}, 1, ${answerMsSql('NEW')});
    END IF;
    IF ${IS_UNDER_WAY('NEW')} OR NEW.outcome = before THEN RETURN NULL; END IF;
    SELECT count(*) INTO carried FROM sync_call_item WHERE call_id = NEW.id;
    wrong := ${wrongSql('NEW')};
    -- An answer that comes after it was given up takes its place.
    IF before IN ('failed', 'unusable', 'expired') THEN
      INSERT INTO made_calls_news VALUES (${HOUR_OF('NEW.created_at')}, NEW.method, NEW.topic, 'failure',
        CASE before WHEN 'failed' THEN coalesce(OLD.error_reason, before) ELSE before END, -1, -carried);
    END IF;
    INSERT INTO made_calls_news VALUES (${HOUR_OF('NEW.created_at')}, NEW.method, NEW.topic,
      ${resultSql('NEW')}, ${reasonSql('NEW')}, 1, carried);
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER count_call_made AFTER INSERT ON sync_call DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.outcome <> 'open') EXECUTE FUNCTION count_call();
  CREATE CONSTRAINT TRIGGER count_call_changed AFTER UPDATE ON sync_call DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.outcome <> NEW.outcome OR OLD.acked_at IS DISTINCT FROM NEW.acked_at
      OR OLD.responded_at IS DISTINCT FROM NEW.responded_at) EXECUTE FUNCTION count_call();`;
