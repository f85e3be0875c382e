/** The parts of an OpenAPI document that matter here. */
export interface ApiDocument {
  readonly openapi: string;
  readonly info: object;
  readonly paths: object;
  readonly components?: { readonly schemas?: object; readonly securitySchemes?: object };
}

/**
 * One OpenAPI document for all services, as they are served at one address. A path that several have (health, metrics) is
 * there once; a schema whose name means different things in two services gets the service's name before its own.
 */
export function mergeDocuments(version: string, documents: ReadonlyMap<string, ApiDocument>): ApiDocument {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, unknown> = {};
  let securitySchemes: object = {};
  for (const [service, document] of documents) {
    const renamed = withDistinctNames(service, document, schemas);
    Object.assign(schemas, renamed.components?.schemas);
    for (const [path, operations] of Object.entries(renamed.paths)) {
      paths[path] = { ...operations, ...(paths[path] as object | undefined) };
    }
    securitySchemes = { ...securitySchemes, ...renamed.components?.securitySchemes };
  }
  const info = { title: 'Lockstep', version };
  return { openapi: '3.1.0', info, paths, components: { schemas, securitySchemes } };
}

function withDistinctNames(
  service: string,
  document: ApiDocument,
  taken: Readonly<Record<string, unknown>>,
): ApiDocument {
  let text = JSON.stringify(document);
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    if (!(name in taken) || JSON.stringify(taken[name]) === JSON.stringify(schema)) continue;
    const distinct = `${service}.${name}`;
    text = text.replaceAll(`"#/components/schemas/${name}"`, `"#/components/schemas/${distinct}"`);
    const renamed = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
    renamed.components.schemas[distinct] = renamed.components.schemas[name];
    delete renamed.components.schemas[name];
    text = JSON.stringify(renamed);
  }
  return JSON.parse(text) as ApiDocument;
}
