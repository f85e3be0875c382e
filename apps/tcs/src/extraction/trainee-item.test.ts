import { compileSchema, TraineeItemV1 } from '@lockstep/contracts';
import { describe, expect, it } from 'vitest';
import { type MembershipRow, type PersonRow, toTraineeItem } from './trainee-item.js';

const TODAY = '2026-03-14';

function membership(change: Partial<MembershipRow> = {}): MembershipRow {
  return {
    id: 1,
    programmeNumber: 'YHD8124',
    programmeName: 'General Practice Leeds',
    owner: 'Yorkshire and the Humber',
    type: 'SUBSTANTIVE',
    startDate: '2024-08-07',
    endDate: '2027-08-03',
    curriculumEndDate: '2027-07-01',
    ...change,
  };
}

function person(change: Partial<PersonRow> = {}): PersonRow {
  return {
    id: 4711,
    version: 12,
    deleted: false,
    forenames: 'Aoife',
    surname: "O'Brien",
    role: 'DR in Training',
    gmcNumber: '7000001',
    memberships: [membership()],
    placements: [],
    ...change,
  };
}

function traineeOf(change: Partial<PersonRow>) {
  return toTraineeItem(person(change), TODAY).trainee;
}

describe('a person becomes an item', () => {
  it('with the details of the only current membership', () => {
    const item = toTraineeItem(person(), TODAY);
    expect(item).toEqual({
      key: '4711',
      version: 12,
      deleted: false,
      excluded: null,
      enteredGmcNumber: '7000001',
      trainee: {
        tcsPersonId: 4711,
        gmcReferenceNumber: '7000001',
        doctorFirstName: 'Aoife',
        doctorLastName: "O'Brien",
        programmeName: 'General Practice Leeds',
        membershipType: 'SUBSTANTIVE',
        programmeOwner: 'Yorkshire and the Humber',
        tcsDesignatedBody: '1-1RSG4X0',
        membershipStartDate: '2024-08-07',
        membershipEndDate: '2027-08-03',
        curriculumEndDate: '2027-07-01',
        placementGrades: [],
        programmes: [
          {
            programmeNumber: 'YHD8124',
            programmeName: 'General Practice Leeds',
            programmeOwner: 'Yorkshire and the Humber',
            designatedBody: '1-1RSG4X0',
            membershipType: 'SUBSTANTIVE',
            startDate: '2024-08-07',
            endDate: '2027-08-03',
            curriculumEndDate: '2027-07-01',
          },
        ],
      },
    });
    expect(compileSchema(TraineeItemV1).check(item)).toEqual([]);
  });

  it('with a trimmed number, keeping what was entered', () => {
    const item = toTraineeItem(person({ gmcNumber: ' 7000001  ' }), TODAY);
    expect(item.trainee?.gmcReferenceNumber).toBe('7000001');
    expect(item.enteredGmcNumber).toBe(' 7000001  ');
  });

  it('without a trainee when excluded, saying why and what was entered', () => {
    expect(toTraineeItem(person({ gmcNumber: 'N/A' }), TODAY)).toEqual({
      key: '4711',
      version: 12,
      deleted: false,
      excluded: 'GMC_NUMBER_NOT_APPLICABLE',
      enteredGmcNumber: 'N/A',
      trainee: null,
    });
  });

  it('as a tombstone when deleted, never as an exclusion', () => {
    const item = toTraineeItem(person({ deleted: true, gmcNumber: null, memberships: [] }), TODAY);
    expect(item).toEqual({
      key: '4711',
      version: 12,
      deleted: true,
      excluded: null,
      enteredGmcNumber: null,
      trainee: null,
    });
  });
});

describe('the programme part', () => {
  it('is empty without a current membership', () => {
    expect(traineeOf({ memberships: [membership({ endDate: '2026-03-13' })] })).toMatchObject({
      programmeName: null,
      membershipType: null,
      programmeOwner: null,
      tcsDesignatedBody: null,
      membershipStartDate: null,
      membershipEndDate: null,
      curriculumEndDate: null,
      programmes: [],
    });
  });

  it('of several is only the joined names, primary first, with all of them listed', () => {
    const trainee = traineeOf({
      memberships: [
        membership({ id: 1, programmeNumber: 'A', programmeName: 'Ends first', endDate: '2026-08-01' }),
        membership({ id: 2, programmeNumber: 'B', programmeName: 'Ends last', endDate: '2028-08-01' }),
        membership({ id: 3, programmeNumber: 'C', programmeName: 'Past', endDate: '2025-08-01' }),
      ],
    });
    expect(trainee).toMatchObject({
      programmeName: 'Ends last | Ends first',
      membershipType: null,
      programmeOwner: null,
      tcsDesignatedBody: null,
      membershipStartDate: null,
      membershipEndDate: null,
      curriculumEndDate: null,
    });
    expect(trainee?.programmes.map((programme) => programme.programmeNumber)).toEqual(['B', 'A']);
  });

  it('joins only names that are there', () => {
    const unnamed = membership({ id: 2, programmeName: null, endDate: '2028-01-01' });
    expect(traineeOf({ memberships: [membership(), unnamed] })?.programmeName).toBe('General Practice Leeds');
    expect(traineeOf({ memberships: [unnamed] })?.programmeName).toBeNull();
  });

  it('keeps the membership dates when the curriculum has no end', () => {
    expect(traineeOf({ memberships: [membership({ curriculumEndDate: null })] })).toMatchObject({
      membershipStartDate: '2024-08-07',
      membershipEndDate: '2027-08-03',
      curriculumEndDate: null,
    });
  });

  it('has no designated body for an owner nobody knows', () => {
    expect(traineeOf({ memberships: [membership({ owner: 'Isle of Man' })] })).toMatchObject({
      programmeOwner: 'Isle of Man',
      tcsDesignatedBody: null,
    });
  });
});

describe('placement grades', () => {
  it('are those of current placements, each once, in code point order', () => {
    const current = { dateFrom: '2026-02-01', dateTo: '2026-08-01' };
    const trainee = traineeOf({
      placements: [
        { gradeId: '312', ...current },
        { gradeId: '2790', ...current },
        { gradeId: '279', ...current },
        { gradeId: '312', ...current },
        { gradeId: '9', dateFrom: '2025-02-01', dateTo: '2026-03-13' },
      ],
    });
    expect(trainee?.placementGrades).toEqual(['279', '2790', '312']);
  });
});
