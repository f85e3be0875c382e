import { Answers, type Page, PageQuery, pageOffset, Requires, toPage } from '@lockstep/service';
import { Controller, Get, Query } from '@nestjs/common';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { DataSource } from 'typeorm';

export class BrandView {
  @IsInt()
  id!: number;

  @IsString()
  name!: string;
}

export class CategoryView extends BrandView {
  @IsOptional()
  @IsInt()
  parentId!: number | null;

  @IsOptional()
  @IsInt()
  heroProductSetId!: number | null;
}

export class LocationView {
  @IsInt()
  id!: number;

  @IsOptional()
  @IsString()
  name!: string | null;
}

/** What imports bring along with products; nobody writes it here. */
@Controller('api')
export class MasterDataController {
  constructor(private readonly dataSource: DataSource) {}

  @Get('brands')
  @Requires('viewer')
  @Answers(200, BrandView, { page: true })
  brands(@Query() query: PageQuery): Promise<Page<BrandView>> {
    return this.list(query, 'brand', 'id, name');
  }

  @Get('categories')
  @Requires('viewer')
  @Answers(200, CategoryView, { page: true })
  categories(@Query() query: PageQuery): Promise<Page<CategoryView>> {
    const columns = 'id, name, parent_id AS "parentId", hero_product_set_id AS "heroProductSetId"';
    return this.list(query, 'category', columns);
  }

  @Get('locations')
  @Requires('viewer')
  @Answers(200, LocationView, { page: true })
  locations(@Query() query: PageQuery): Promise<Page<LocationView>> {
    return this.list(query, 'location', 'id, name');
  }

  private async list<View>(query: PageQuery, table: string, columns: string): Promise<Page<View>> {
    const [items, [count]]: [View[], { total: number }[]] = await Promise.all([
      this.dataSource.query(`SELECT ${columns} FROM ${table} ORDER BY id LIMIT $1 OFFSET $2`, [
        query.pageSize,
        pageOffset(query),
      ]),
      this.dataSource.query(`SELECT count(*)::int AS total FROM ${table}`),
    ]);
    return toPage(query, items, count?.total ?? 0);
  }
}
