export { type GmcDoctorsOptions, generateGmcDoctors, generateRecommendations } from './gmc/generate-gmc-doctors.js';
export type { GmcDoctorLine, RecommendationLine } from './gmc/gmc-lines.js';
export {
  generateImportFeed,
  type ImportFeedOptions,
  type ImportRecord,
  type ImportRecordLink,
} from './imports/generate-import-feed.js';
export * from './loading/load-demo-data.js';
export * from './loading/load-shop-data.js';
export { putBodies } from './loading/put-bodies.js';
export * from './loading/send-records.js';
export { generatePeople, type PeopleOptions } from './people/generate-people.js';
export { day, type TraineeMembership, type TraineePerson, type TraineePlacement } from './people/trainee-person.js';
export {
  generateOrders,
  type OrderItemLine,
  type OrderLine,
  ordersFor,
  type ReturnsOptions,
} from './returns/generate-orders.js';
export { type EventLine, generateReturns, type ReturnLine } from './returns/generate-returns.js';
export {
  type CatalogueOptions,
  generateProductSets,
  generateProducts,
  generateSellers,
  type PlacedBody,
  productSetsFor,
  sellersFor,
} from './shop/generate-catalogue.js';
