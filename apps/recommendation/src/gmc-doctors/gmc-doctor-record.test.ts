import { describe, expect, it } from 'vitest';
import type { RecommendationFacts } from '../recommendations/recommendation-rules.js';
import {
  decideNightly,
  decidePut,
  type GmcDoctorRecord,
  type StoredDoctor,
  toGmcDoctorRecord,
} from './gmc-doctor-record.js';

const AS_OF = '2026-03-14';
const ASKED = '2026-03-10T01:00:00.000Z';

const record = toGmcDoctorRecord(' 7000001 ', {
  doctorFirstName: 'Aoife',
  doctorLastName: "O'Brien",
  submissionDate: '2026-09-30',
  underNotice: 'YES',
  designatedBodyCode: ' 1-1RSG4X0 ',
  gmcLastUpdatedDateTime: '2026-03-10T02:00:00+01:00',
});

const stored: StoredDoctor = {
  ...record,
  dateAdded: '2021-08-04',
  doctorStatus: 'NOT_STARTED',
  lastUpdatedDate: '2026-01-01',
  admin: 'admin@example.org',
  existsInGmc: true,
  version: 4,
  deleted: false,
};

const submitted: RecommendationFacts = {
  id: '1',
  type: 'REVALIDATE',
  status: 'SUBMITTED_TO_GMC',
  outcome: 'UNDER_REVIEW',
  gmcSubmissionDate: '2026-09-30',
  actualSubmissionDate: '2026-03-01',
};

describe('a record of a doctor', () => {
  it('is trimmed, in UTC, and leaves nothing open', () => {
    expect(record).toEqual({
      gmcNumber: '7000001',
      firstName: 'Aoife',
      lastName: "O'Brien",
      submissionDate: '2026-09-30',
      dateAdded: null,
      underNotice: 'YES',
      sanction: null,
      designatedBodyCode: '1-1RSG4X0',
      gmcLastUpdatedDateTime: ASKED,
    });
    expect(toGmcDoctorRecord('1', { designatedBodyCode: '  ' }).designatedBodyCode).toBeNull();
  });
});

describe('a doctor not known before', () => {
  it('is created with version 1, added today, not started', () => {
    expect(decidePut(record, { stored: null, recommendations: [] }, AS_OF)).toEqual({
      change: 'created',
      next: { ...stored, dateAdded: AS_OF, lastUpdatedDate: AS_OF, admin: null, version: 1 },
    });
  });

  it('is not started although not under notice, as nothing was ever begun', () => {
    const notUnderNotice: GmcDoctorRecord = { ...record, underNotice: 'NO' };
    const { next } = decideNightly(notUnderNotice, { stored: null, recommendations: [] }, AS_OF);
    expect(next.doctorStatus).toBe('NOT_STARTED');
  });

  it('has the status of recommendations that were there before', () => {
    const { next } = decidePut(record, { stored: null, recommendations: [submitted] }, AS_OF);
    expect(next.doctorStatus).toBe('SUBMITTED_TO_GMC');
  });

  it('goes on from the version of a tombstone, without anything else of it', () => {
    const tombstone: StoredDoctor = { ...stored, deleted: true, existsInGmc: false, version: 9 };
    const { next, change } = decidePut(record, { stored: tombstone, recommendations: [] }, AS_OF);
    expect([change, next.version, next.admin, next.dateAdded]).toEqual(['created', 10, null, AS_OF]);
  });
});

describe('a known doctor', () => {
  const known = { stored, recommendations: [submitted] };

  it('told in the same words stays exactly as it was', () => {
    expect(decidePut(record, known, AS_OF)).toEqual({ change: 'unchanged', next: stored });
  });

  it('told in the same words later is only noted', () => {
    const later = { ...record, gmcLastUpdatedDateTime: '2026-03-12T01:00:00.000Z' };
    const { change, next } = decidePut(later, known, AS_OF);
    expect([change, next.version, next.gmcLastUpdatedDateTime]).toEqual(['refreshed', 4, '2026-03-12T01:00:00.000Z']);
  });

  it.each<[string, Partial<GmcDoctorRecord>]>([
    ['name', { lastName: 'Murphy' }],
    ['due date', { submissionDate: null }],
    ['day of adding', { dateAdded: '2020-01-01' }],
    ['notice', { underNotice: 'ON_HOLD' }],
    ['sanction', { sanction: 'Conditions' }],
    ['designated body', { designatedBodyCode: null }],
  ])('with another %s is raised by one version, keeps the admin and gets its status computed', (_, change) => {
    const decision = decidePut({ ...record, ...change }, known, AS_OF);
    expect(decision.change).toBe('updated');
    expect(decision.next).toEqual({
      ...stored,
      ...change,
      doctorStatus: 'SUBMITTED_TO_GMC',
      lastUpdatedDate: AS_OF,
      version: 5,
    });
  });

  it('who is not under notice any more has completed', () => {
    expect(decidePut({ ...record, underNotice: 'NO' }, known, AS_OF).next.doctorStatus).toBe('COMPLETED');
  });

  it('who had left GMC exists again', () => {
    const gone = { ...stored, existsInGmc: false, designatedBodyCode: null };
    const { next, change } = decidePut(record, { stored: gone, recommendations: [] }, AS_OF);
    expect([change, next.existsInGmc, next.designatedBodyCode]).toEqual(['updated', true, '1-1RSG4X0']);
  });

  it('gets the status computed every night, and a version only when something is different', () => {
    expect(decideNightly(record, known, AS_OF)).toMatchObject({
      change: 'updated',
      next: { doctorStatus: 'SUBMITTED_TO_GMC', version: 5 },
    });
    expect(decideNightly(record, { stored, recommendations: [] }, AS_OF).change).toBe('unchanged');
  });
});
