import { DESIGNATED_BODY_BY_OWNER } from '@lockstep/contracts';

/** A programme that generated people are on. */
export interface CatalogueProgramme {
  number: string;
  name: string;
  owner: string;
  /** Names of the curricula that it is made of. */
  curricula: readonly string[];
}

/** One owner has no designated body, as it happens. */
const OWNERS = [...DESIGNATED_BODY_BY_OWNER.keys(), 'Defence Postgraduate Medical Deanery'];

const SPECIALTIES: readonly (readonly [name: string, curricula: readonly string[]])[] = [
  ['General Practice', ['General Practice']],
  ['Core Surgical Training', ['Core Surgical Training']],
  ['Internal Medicine', ['Internal Medicine Stage One']],
  ['Anaesthetics', ['Anaesthetics', 'Intensive Care Medicine']],
  ['Paediatrics', ['Paediatrics']],
  ['Emergency Medicine', ['Emergency Medicine', 'ACCS Emergency Medicine']],
  ['Obstetrics and Gynaecology', ['Obstetrics and Gynaecology']],
  ['Clinical Radiology', ['Clinical Radiology', 'Interventional Radiology']],
  ['Cardiology', ['Cardiology', 'General (Internal) Medicine']],
  ['Gastroenterology', ['Gastroenterology', 'General (Internal) Medicine', 'Hepatology']],
  ['Trauma and Orthopaedic Surgery', ['Trauma and Orthopaedic Surgery']],
  ['Forensic Psychiatry', ['Forensic Psychiatry', 'Core Psychiatry Training']],
];

/** Every specialty at every owner: 192 programmes, the same whatever the seed, so that no two people contradict each other. */
export const PROGRAMME_CATALOGUE: readonly CatalogueProgramme[] = OWNERS.flatMap((owner, ownerIndex) =>
  SPECIALTIES.map(([specialty, curricula], index) => ({
    number: `PRG${String((ownerIndex + 1) * 100 + index + 1).padStart(5, '0')}`,
    name: `${specialty} ${owner}`,
    owner,
    curricula,
  })),
);
