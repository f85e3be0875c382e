import type { Owned } from '@lockstep/ownership';
import { importedLinks } from './imported-links.js';
import { importedBrands, importedCategories, importedLocations } from './imported-master-data.js';
import { importedProductSets } from './imported-product-sets.js';
import { importedProducts } from './imported-products.js';
import { importedSellers } from './imported-sellers.js';

/** What imports may ask this service for. */
export const ownedByShopUpdate: Owned = {
  objects: {
    seller: importedSellers,
    productSet: importedProductSets,
    product: importedProducts,
    brand: importedBrands,
    category: importedCategories,
    location: importedLocations,
  },
  links: importedLinks,
};
