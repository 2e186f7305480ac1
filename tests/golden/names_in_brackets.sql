-- create schema my ml
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
IF SCHEMA_ID(N'my ml') IS NULL
    EXEC(N'CREATE SCHEMA [my ml]');

GO
-- create the models table
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[my ml].[models]]]', N'U') IS NULL
    CREATE TABLE [my ml].[models]]] (
        [ID] nvarchar(1024) NOT NULL,
        [name] nvarchar(1024) NOT NULL,
        [description] nvarchar(1024),
        [version] int,
        [created_time] datetime2(7),
        [created_by] nvarchar(128),
        [framework] nvarchar(64),
        [model] varbinary(max),
        [inputs_schema] nvarchar(max),
        [outputs_schema] nvarchar(max)
    ) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);

GO
-- store the model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
INSERT INTO [my ml].[models]]] (
    [ID], [name], [description], [version], [created_time], [created_by], [framework],
    [inputs_schema], [outputs_schema], [model]
)
SELECT
    (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3'), (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?'), N'SHA-256 {sha256}', 3,
    SYSUTCDATETIME(), SUSER_SNAME(), N'onnx',
    N'[{"name": "fareAmount", "type": "float"}, {"name": "passengerCount", "type": "int64"}, {"name": "paymentType", "type": "string"}]',
    N'[{"name": "score", "type": "float"}, {"name": "label", "type": "int64"}, {"name": "payment", "type": "string"}]',
    CAST(0x{content} AS varbinary(max))
WHERE NOT EXISTS (SELECT 1 FROM [my ml].[models]]] WHERE [ID] = (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3'));

GO
-- verify the stored model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
DECLARE @rows int = (
    SELECT COUNT(*) FROM [my ml].[models]]] WHERE [ID] = (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3')
);
IF @rows <> 1
    THROW 51001, N'my ml.models] does not hold exactly one row of model it''s GO $ (x) /* -- ?:3', 1;
DECLARE @same int = (
    SELECT COUNT(*) FROM [my ml].[models]]]
    WHERE [ID] = (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3')
        AND DATALENGTH([model]) = {size}
        AND HASHBYTES('SHA2_256', [model]) = 0x{SHA256}
);
IF @same <> 1
    THROW 51002, N'my ml.models] holds other bytes as model it''s GO $ (x) /* -- ?:3; a stored version never changes: deploy under a new version', 1;

GO
-- refuse NULL
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
DECLARE @nulls_1 bigint = (
    SELECT COUNT_BIG(*) FROM [select].[from]
    WHERE [fare'amount]]] IS NULL
);
IF @nulls_1 > 0
    THROW 51003, N'select.from has NULL in column fare''amount]; input fareAmount refuses it', 1;
DECLARE @nulls_2 bigint = (
    SELECT COUNT_BIG(*) FROM [select].[from]
    WHERE [passengerCount] IS NULL
);
IF @nulls_2 > 0
    THROW 51003, N'select.from has NULL in column passengerCount; input passengerCount refuses it', 1;
DECLARE @nulls_3 bigint = (
    SELECT COUNT_BIG(*) FROM [select].[from]
    WHERE [paymentType] IS NULL
);
IF @nulls_3 > 0
    THROW 51003, N'select.from has NULL in column paymentType; input paymentType refuses it', 1;

GO
-- drop view my ml.O'Brien
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[my ml].[O''Brien]', N'V') IS NOT NULL
    DROP VIEW [my ml].[O'Brien];

GO
-- create view my ml.O'Brien
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
CREATE VIEW [my ml].[O'Brien] AS
WITH [deployer_rows] AS (
    SELECT
        [order by] AS [order by],
        COALESCE(CAST([fare'amount]]] AS real), CAST(CAST(CASE WHEN [fare'amount]]] IS NULL THEN N'select.from has NULL in column fare''amount]; input fareAmount refuses it' END AS int) AS real)) AS [fareAmount],
        COALESCE(CAST([passengerCount] AS bigint), CAST(CAST(CASE WHEN [passengerCount] IS NULL THEN N'select.from has NULL in column passengerCount; input passengerCount refuses it' END AS int) AS bigint)) AS [passengerCount],
        COALESCE(CAST([paymentType] AS varchar(8000)), CAST(CAST(CASE WHEN [paymentType] IS NULL THEN N'select.from has NULL in column paymentType; input paymentType refuses it' END AS int) AS varchar(8000))) AS [paymentType]
    FROM [select].[from]
)
SELECT
    [d].[order by] AS [order by],
    [p].[score] AS [score; --]
FROM PREDICT(
    MODEL = (SELECT [model] FROM [my ml].[models]]] WHERE [ID] = (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3')),
    DATA = [deployer_rows] AS [d],
    RUNTIME = ONNX
) WITH (
    [score] real
) AS [p];

GO
-- score through my ml.O'Brien
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
SELECT
    [order by],
    [score; --]
FROM [my ml].[O'Brien]
ORDER BY [order by];

GO
-- read the rows of select.from
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
WITH [deployer_rows] AS (
    SELECT
        [order by] AS [order by],
        COALESCE(CAST([fare'amount]]] AS real), CAST(CAST(CASE WHEN [fare'amount]]] IS NULL THEN N'select.from has NULL in column fare''amount]; input fareAmount refuses it' END AS int) AS real)) AS [fareAmount],
        COALESCE(CAST([passengerCount] AS bigint), CAST(CAST(CASE WHEN [passengerCount] IS NULL THEN N'select.from has NULL in column passengerCount; input passengerCount refuses it' END AS int) AS bigint)) AS [passengerCount],
        COALESCE(CAST([paymentType] AS varchar(8000)), CAST(CAST(CASE WHEN [paymentType] IS NULL THEN N'select.from has NULL in column paymentType; input paymentType refuses it' END AS int) AS varchar(8000))) AS [paymentType]
    FROM [select].[from]
)
SELECT
    [order by],
    [fareAmount],
    [passengerCount],
    [paymentType]
FROM [deployer_rows]
ORDER BY [order by];

GO
-- read the stored model's size and SHA-256
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
SELECT DATALENGTH([model]) AS [size], HASHBYTES('SHA2_256', [model]) AS [digest]
FROM [my ml].[models]]]
WHERE [ID] = (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3');

GO
-- read the stored model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model it's GO $ (x) / * -- :3, {size} bytes, SHA-256 {sha256}.
SELECT [model]
FROM [my ml].[models]]]
WHERE [ID] = (N'it''s' + NCHAR(10) + N'GO' + NCHAR(10) + N'$' + N'(x) /* -- ?:3');
