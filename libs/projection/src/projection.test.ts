import { fromIndexSource } from '@lockstep/search';
import { aMasterDoctor } from '@lockstep/testing';
import { describe, expect, it } from 'vitest';
import { toyProjection } from './projecting-service.fixture.js';
import { toProjectedRow } from './projection.js';

const TODAY = '2026-03-14';

describe('toProjectedRow', () => {
  it("writes the service's document under the master's id and version", () => {
    const document = aMasterDoctor({ doctorLastName: "O'Brien", membershipEndDate: '2026-03-14' });
    const row = toProjectedRow(toyProjection, { id: '7000001', version: 7, document }, TODAY);
    expect(row).toMatchObject({ id: '7000001', version: 7, deleted: false });
    expect(fromIndexSource(row.source).document).toMatchObject({ doctorLastName: "O'Brien", isOver: true });
  });

  it.each([
    ['a deleted doctor', null],
    ['a doctor that the service does not show', aMasterDoctor({ membershipType: 'HIDDEN' })],
  ])('keeps a tombstone for %s', (_, document) => {
    const row = toProjectedRow(toyProjection, { id: '7000001', version: 7, document }, TODAY);
    expect(row.deleted).toBe(true);
    expect(fromIndexSource(row.source)).toMatchObject({ id: '7000001', version: 7, deleted: true, document: null });
  });
});
