export { type GmcDoctorsOptions, generateGmcDoctors, generateRecommendations } from './gmc/generate-gmc-doctors.js';
export type { GmcDoctorLine, RecommendationLine } from './gmc/gmc-lines.js';
export {
  generateImportFeed,
  type ImportFeedOptions,
  type ImportRecord,
  type ImportRecordLink,
} from './imports/generate-import-feed.js';
export * from './loading/load-demo-data.js';
export * from './loading/send-records.js';
export { generatePeople, type PeopleOptions } from './people/generate-people.js';
export { day, type TraineeMembership, type TraineePerson, type TraineePlacement } from './people/trainee-person.js';
