:on error exit
:setvar schema ml
-- deployer: allow left-temp-table because the report reads it afterwards
IF SCHEMA_ID(N'$(schema)') IS NULL
    EXEC(N'CREATE SCHEMA [$(schema)]');
GO
IF OBJECT_ID(N'[ml].[fill_rows]', N'P') IS NOT NULL DROP PROCEDURE [ml].[fill_rows];
GO
CREATE PROCEDURE [ml].[fill_rows] @day date AS
BEGIN
    IF OBJECT_ID(N'tempdb..#rows') IS NOT NULL DROP TABLE #other;
    CREATE TABLE #rows WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS
    SELECT [trip_id], CAST([fare] AS real) AS [fare] FROM [dbo].[trips] WHERE [day] = @day;
END;
GO
BEGIN TRY
    BEGIN TRANSACTION;
    DELETE FROM [ml].[scores] WHERE [trip_id] IN (SELECT [trip_id] FROM #rows);
    INSERT INTO [ml].[scores] ([trip_id], [score])
    SELECT [d].[trip_id], [p].[score]
    FROM PREDICT(
        MODEL = (SELECT [model] FROM [ml].[models] WHERE [ID] = N'tip:1'), -- not: DATA = (SELECT …)
        DATA = #rows AS [d],
        RUNTIME = ONNX
    ) WITH ([score] real) AS [p];
    COMMIT;
END TRY
BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK;
    DECLARE @said nvarchar(4000) = ERROR_MESSAGE();
    THROW 51000, @said, 1;
END CATCH;
GO
