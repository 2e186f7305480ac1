-- create schema ml
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF SCHEMA_ID(N'ml') IS NULL
    EXEC(N'CREATE SCHEMA [ml]');

GO
-- create the models table
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[models]', N'U') IS NULL
    CREATE TABLE [ml].[models] (
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
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
INSERT INTO [ml].[models] (
    [ID], [name], [description], [version], [created_time], [created_by], [framework],
    [inputs_schema], [outputs_schema], [model]
)
SELECT
    N'nyc_taxi_tip:3', N'nyc_taxi_tip', N'SHA-256 {sha256}', 3,
    SYSUTCDATETIME(), SUSER_SNAME(), N'onnx',
    N'[{"name": "fareAmount", "type": "float"}, {"name": "passengerCount", "type": "int64"}, {"name": "paymentType", "type": "string"}]',
    N'[{"name": "score", "type": "float"}, {"name": "label", "type": "int64"}, {"name": "payment", "type": "string"}]',
    CAST(0x{content} AS varbinary(max))
WHERE NOT EXISTS (SELECT 1 FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3');

GO
-- verify the stored model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
DECLARE @rows int = (
    SELECT COUNT(*) FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3'
);
IF @rows <> 1
    THROW 51001, N'ml.models does not hold exactly one row of model nyc_taxi_tip:3', 1;
DECLARE @same int = (
    SELECT COUNT(*) FROM [ml].[models]
    WHERE [ID] = N'nyc_taxi_tip:3'
        AND DATALENGTH([model]) = {size}
        AND HASHBYTES('SHA2_256', [model]) = 0x{SHA256}
);
IF @same <> 1
    THROW 51002, N'ml.models holds other bytes as model nyc_taxi_tip:3; a stored version never changes: deploy under a new version', 1;

GO
-- refuse NULL
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
DECLARE @nulls_1 bigint = (
    SELECT COUNT_BIG(*) FROM [dbo].[nyc_taxi]
    WHERE [fareAmount] IS NULL
        AND [paymentType] IS NOT NULL
);
IF @nulls_1 > 0
    THROW 51003, N'dbo.nyc_taxi has NULL in column fareAmount; input fareAmount refuses it', 1;
DECLARE @nulls_2 bigint = (
    SELECT COUNT_BIG(*) FROM [dbo].[nyc_taxi]
    WHERE [passengerCount] IS NULL
        AND [paymentType] IS NOT NULL
);
IF @nulls_2 > 0
    THROW 51003, N'dbo.nyc_taxi has NULL in column passengerCount; input passengerCount refuses it', 1;

GO
-- drop view ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
IF OBJECT_ID(N'[ml].[nyc_taxi_tip_scores]', N'V') IS NOT NULL
    DROP VIEW [ml].[nyc_taxi_tip_scores];

GO
-- create view ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
CREATE VIEW [ml].[nyc_taxi_tip_scores] AS
WITH [deployer_rows] AS (
    SELECT
        [trip_id] AS [trip_id],
        COALESCE(CAST([fareAmount] AS real), CAST(CAST(CASE WHEN [fareAmount] IS NULL THEN N'dbo.nyc_taxi has NULL in column fareAmount; input fareAmount refuses it' END AS int) AS real)) AS [fareAmount],
        COALESCE(CAST([passengerCount] AS bigint), CAST(CAST(CASE WHEN [passengerCount] IS NULL THEN N'dbo.nyc_taxi has NULL in column passengerCount; input passengerCount refuses it' END AS int) AS bigint)) AS [passengerCount],
        CAST([paymentType] AS varchar(20)) AS [paymentType]
    FROM [dbo].[nyc_taxi]
    WHERE [paymentType] IS NOT NULL
)
SELECT
    [d].[trip_id] AS [trip_id],
    [p].[score] AS [score],
    [p].[label] AS [label],
    [p].[payment] AS [payment]
FROM PREDICT(
    MODEL = (SELECT [model] FROM [ml].[models] WHERE [ID] = N'nyc_taxi_tip:3'),
    DATA = [deployer_rows] AS [d],
    RUNTIME = ONNX
) WITH (
    [score] real,
    [label] bigint,
    [payment] varchar(8000)
) AS [p];

GO
-- score through ml.nyc_taxi_tip_scores
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
SELECT
    [trip_id],
    [score],
    [label],
    [payment]
FROM [ml].[nyc_taxi_tip_scores]
ORDER BY [trip_id];

GO
-- read the rows of dbo.nyc_taxi
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
WITH [deployer_rows] AS (
    SELECT
        [trip_id] AS [trip_id],
        COALESCE(CAST([fareAmount] AS real), CAST(CAST(CASE WHEN [fareAmount] IS NULL THEN N'dbo.nyc_taxi has NULL in column fareAmount; input fareAmount refuses it' END AS int) AS real)) AS [fareAmount],
        COALESCE(CAST([passengerCount] AS bigint), CAST(CAST(CASE WHEN [passengerCount] IS NULL THEN N'dbo.nyc_taxi has NULL in column passengerCount; input passengerCount refuses it' END AS int) AS bigint)) AS [passengerCount],
        CAST([paymentType] AS varchar(20)) AS [paymentType]
    FROM [dbo].[nyc_taxi]
    WHERE [paymentType] IS NOT NULL
)
SELECT
    [trip_id],
    [fareAmount],
    [passengerCount],
    [paymentType]
FROM [deployer_rows]
ORDER BY [trip_id];

GO
-- read the stored model's size and SHA-256
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
SELECT DATALENGTH([model]) AS [size], HASHBYTES('SHA2_256', [model]) AS [digest]
FROM [ml].[models]
WHERE [ID] = N'nyc_taxi_tip:3';

GO
-- read the stored model
-- Made by the deployer for Azure Synapse Analytics, dedicated SQL pool.
-- Model nyc_taxi_tip:3, {size} bytes, SHA-256 {sha256}.
SELECT [model]
FROM [ml].[models]
WHERE [ID] = N'nyc_taxi_tip:3';
