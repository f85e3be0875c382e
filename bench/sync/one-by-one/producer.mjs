import amqp from 'amqplib';
import pg from 'pg';
import { serveWorker } from '../../machine/worker.mjs';
import { COPY_TABLE } from '../master-copy.mjs';

/** What the trainee source knows of a doctor; the rest is GMC's. */
const TRAINEE_FIELDS = new Set([
  'tcsPersonId',
  'programmeName',
  'membershipType',
  'tcsDesignatedBody',
  'programmeOwner',
  'placementGrades',
  'curriculumEndDate',
  'membershipStartDate',
  'membershipEndDate',
  'programmes',
]);

/** All trainees, then all GMC doctors, one a message; a message without a record ends each of the two. */
serveWorker(async ({ databaseUrl, rabbitmqUrl, queue, limit }) => {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const { rows } = await database.query(
    `SELECT source::text AS source FROM ${COPY_TABLE} WHERE NOT deleted ORDER BY id LIMIT $1`,
    [limit],
  );
  const documents = rows.map(({ source }) => JSON.parse(source));
  const trainees = documents.filter(({ tcsPersonId }) => tcsPersonId !== null).map((document) => part(document, true));
  const gmcDoctors = documents.filter(isKnownToGmc).map((document) => part(document, false));
  const connection = await amqp.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  return async () => {
    for (const records of [trainees, gmcDoctors]) {
      for (const record of records) await send(channel, queue, record);
      await send(channel, queue, null);
    }
    await channel.waitForConfirms();
    return { doctors: documents.length, messages: trainees.length + gmcDoctors.length };
  };
});

function isKnownToGmc({ existsInGmc, dateAdded, lastUpdatedDate, tcsPersonId }) {
  return existsInGmc || dateAdded !== null || lastUpdatedDate !== null || tcsPersonId === null;
}

/** Names travel with both: whoever comes first makes the document. */
function part({ lockstep: _, ...document }, isTrainee) {
  const always = ['gmcReferenceNumber', 'doctorFirstName', 'doctorLastName'];
  const isOurs = ([name]) => always.includes(name) || TRAINEE_FIELDS.has(name) === isTrainee;
  return Object.fromEntries(Object.entries(document).filter(isOurs));
}

/** Published without waiting for the broker's word, as usual there; only a full socket makes it wait. */
async function send(channel, queue, record) {
  const hasRoom = channel.sendToQueue(queue, Buffer.from(JSON.stringify(record)));
  if (!hasRoom) await new Promise((resolve) => channel.once('drain', resolve));
}
