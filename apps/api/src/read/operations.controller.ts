import { Controller } from '@nestjs/common';
import { endpoints, openapi, type Reply } from '@vestige/contract';

import { Endpoint } from '../http/endpoint.decorator.ts';
import { Lifecycle } from '../log/lifecycle.ts';
import { Refusal } from '../problem.ts';
import { version } from '../version.ts';

type Document = Reply<typeof endpoints.openapiDocument>;

@Controller()
export class OperationsController {
  // Through JSON, as the document's type knows no more of it than that it is an object.
  private readonly document = JSON.parse(JSON.stringify(openapi(endpoints, version))) as Document;

  constructor(private readonly lifecycle: Lifecycle) {}

  @Endpoint(endpoints.healthz)
  healthz() {
    return { status: 'alive' as const };
  }

  @Endpoint(endpoints.readyz)
  readyz() {
    const reason = this.lifecycle.whyNotReady();
    if (reason !== null) throw new Refusal('not-ready', reason);
    return { status: 'ready' as const };
  }

  @Endpoint(endpoints.openapiDocument)
  openapi(): Document {
    return this.document;
  }
}
