import { describe, expect, it } from 'vitest';
import { decideExclusion } from './exclusion.js';

const NBSP = '\u00a0';

describe('a person without a usable GMC number, or who is no person, stays out of the master index', () => {
  it.each<[string, string | null, string | null, string | null]>([
    ['an ordinary number belongs in it', '7000001', 'DR in Training', null],
    ['a padded number is a number', '  7000001 ', null, null],
    ['a number need not be digits', 'L1234567', null, null],
    ['no number', null, null, 'GMC_NUMBER_MISSING'],
    ['an empty number', '', null, 'GMC_NUMBER_MISSING'],
    ['a blank number', ' \t ', null, 'GMC_NUMBER_MISSING'],
    ['unknown', 'unknown', null, 'GMC_NUMBER_UNKNOWN'],
    ['unknown in capitals', 'UNKNOWN', null, 'GMC_NUMBER_UNKNOWN'],
    ['unknown, padded', '  Unknown ', null, 'GMC_NUMBER_UNKNOWN'],
    ['unknown inside other text is a number as far as we know', 'unknown1', null, null],
    ['na', 'na', null, 'GMC_NUMBER_NOT_APPLICABLE'],
    ['N/A', 'N/A', null, 'GMC_NUMBER_NOT_APPLICABLE'],
    ['n/a, padded', ' n/a', null, 'GMC_NUMBER_NOT_APPLICABLE'],
    ['a non-breaking space inside', `700${NBSP}0001`, null, 'GMC_NUMBER_NON_BREAKING_SPACE'],
    [
      'a non-breaking space at the end, which trimming would hide',
      `7000001${NBSP}`,
      null,
      'GMC_NUMBER_NON_BREAKING_SPACE',
    ],
    ['a dummy role', '7000001', 'Dummy Record', 'ROLE_DUMMY'],
    ['a placeholder among roles', '7000001', 'DR in Training, PLACEHOLDER', 'ROLE_DUMMY'],
    ['a role that contains the word', '7000001', 'nondummyrole', 'ROLE_DUMMY'],
    ['an empty role', '7000001', '', null],
  ])('%s', (_, gmcNumber, role, expected) => {
    expect(decideExclusion({ gmcNumber, role })).toBe(expected);
  });

  it.each<[string, string | null, string | null, string]>([
    ['a dummy without a number is a dummy', null, 'dummy', 'ROLE_DUMMY'],
    ['a dummy whose number is unknown is a dummy', 'unknown', 'Placeholder', 'ROLE_DUMMY'],
    ['a dummy with a non-breaking space is a dummy', `7000001${NBSP}`, 'dummy', 'ROLE_DUMMY'],
    ['only a non-breaking space is not blank', NBSP, null, 'GMC_NUMBER_NON_BREAKING_SPACE'],
    ['unknown with a non-breaking space', `unknown${NBSP}`, null, 'GMC_NUMBER_NON_BREAKING_SPACE'],
  ])('when several rules apply: %s', (_, gmcNumber, role, expected) => {
    expect(decideExclusion({ gmcNumber, role })).toBe(expected);
  });
});
