import type { GmcDoctorV1, TraineeV1 } from '@lockstep/contracts';
import { describe, expect, it } from 'vitest';
import { toMasterDoctor } from './to-master-doctor.js';

const TRAINEE: TraineeV1 = {
  tcsPersonId: 42,
  gmcReferenceNumber: '7000001',
  doctorFirstName: 'Anne',
  doctorLastName: 'Tis',
  programmeName: 'Surgery',
  membershipType: 'SUBSTANTIVE',
  programmeOwner: 'Wessex',
  tcsDesignatedBody: '1-1RUZUSF',
  membershipStartDate: '2025-01-01',
  membershipEndDate: '2027-01-01',
  curriculumEndDate: '2026-12-01',
  placementGrades: ['312'],
  programmes: [],
};

const GMC: GmcDoctorV1 = {
  gmcReferenceNumber: '7000001',
  doctorFirstName: 'Ann',
  doctorLastName: 'Gmc',
  submissionDate: '2026-08-01',
  dateAdded: '2020-01-01',
  lastUpdatedDate: '2026-01-01',
  designatedBody: '1-1RUZUSF',
  underNotice: 'YES',
  sanction: null,
  existsInGmc: true,
  gmcStatus: 'Approved',
  tisStatus: 'COMPLETED',
  admin: 'admin@example.org',
};

const merge = (claimants: TraineeV1[], gmc: GmcDoctorV1 | null) =>
  toMasterDoctor({ gmcNumber: '7000001', claimants, gmc });

describe('merging what TIS and GMC say of one number', () => {
  it('has nothing to show when neither knows the number', () => {
    expect(merge([], null)).toEqual({ document: null, sharedBy: [] });
  });

  it('takes names from TIS only while GMC has no record', () => {
    expect(merge([TRAINEE], null).document).toMatchObject({ doctorLastName: 'Tis', existsInGmc: false });
    expect(merge([TRAINEE], GMC).document).toMatchObject({ doctorFirstName: 'Ann', doctorLastName: 'Gmc' });
    expect(merge([TRAINEE], { ...GMC, doctorLastName: null }).document).toMatchObject({ doctorLastName: null });
  });

  it('keeps the fields of each owner side by side', () => {
    expect(merge([TRAINEE], GMC).document).toMatchObject({
      tcsPersonId: 42,
      programmeOwner: 'Wessex',
      submissionDate: '2026-08-01',
      gmcStatus: 'Approved',
    });
  });

  it('clears the TIS fields when the person has gone and keeps the rest', () => {
    expect(merge([], GMC).document).toMatchObject({
      tcsPersonId: null,
      programmeName: null,
      placementGrades: [],
      designatedBody: '1-1RUZUSF',
    });
  });

  it('takes no TIS fields for a number that several people claim, and names them', () => {
    const other = { ...TRAINEE, tcsPersonId: 7 };
    expect(merge([TRAINEE, other], GMC)).toMatchObject({
      sharedBy: [7, 42],
      document: { tcsPersonId: null, tcsDesignatedBody: null, doctorLastName: 'Gmc' },
    });
    expect(merge([TRAINEE, other], null)).toEqual({ document: null, sharedBy: [7, 42] });
  });

  it.each<[string | null, string | null, 'Yes' | 'No', boolean]>([
    ['1-A', '1-A', 'Yes', false],
    ['1-A', '1-B', 'Yes', true],
    ['1-A', null, 'Yes', true],
    [null, '1-B', 'No', true],
    [null, null, 'No', false],
    ['', null, 'No', false],
  ])(
    'GMC body %s and TIS body %s: connected %s, discrepancy %s',
    (designatedBody, tcsDesignatedBody, status, differs) => {
      const { document } = merge([{ ...TRAINEE, tcsDesignatedBody }], { ...GMC, designatedBody });
      expect(document).toMatchObject({ connectionStatus: status, isDiscrepancy: differs });
    },
  );
});
