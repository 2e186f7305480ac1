USE [Taxi]
GO
SET ANSI_NULLS ON
GO
/* A nightly job: /* nested */ DROP TABLE IF EXISTS is not run here. */
IF OBJECT_ID('dbo.runs') IS NULL
BEGIN
	CREATE TABLE dbo.runs (
		run_id int IDENTITY(1,1) PRIMARY KEY,
		started datetime NOT NULL DEFAULT GETDATE(),
		notes text NULL,
		details xml NULL
	)
END
GO
CREATE OR ALTER PROCEDURE dbo.score_all @day date, @batch int = 1000
AS
BEGIN
	SET NOCOUNT ON;
	DECLARE @run int, @rows int, @ids TABLE (trip_id bigint);

	INSERT INTO dbo.runs DEFAULT VALUES;
	SET @run = SCOPE_IDENTITY();

	BEGIN TRY
		BEGIN TRANSACTION
		SAVE TRANSACTION before_scores
		TRUNCATE TABLE dbo.scores

		DELETE FROM dbo.queue
		OUTPUT deleted.trip_id INTO @ids
		WHERE day = @day

		INSERT INTO dbo.scores (trip_id, score) EXEC dbo.score_day @day
		SELECT @rows = COUNT(*) FROM archive.dbo.scores

		DECLARE trips CURSOR FOR SELECT trip_id FROM @ids ORDER BY trip_id OFFSET 0 ROWS FETCH NEXT 10 ROWS ONLY
		OPEN trips
		FETCH NEXT FROM trips INTO @run
		CLOSE trips
		DEALLOCATE trips
		IF @@ROWCOUNT = 0 GOTO done
		COMMIT
	END TRY
	BEGIN CATCH
		DECLARE @message nvarchar(2048) = ERROR_MESSAGE()
		IF XACT_STATE() = -1 ROLLBACK
		EXEC('DROP VIEW IF EXISTS dbo.[broken ''view'']')
		;THROW 120000, @message, 1
	END CATCH
	done:
	RETURN 0
END
GO
INSERT INTO dbo.limits (name, value) VALUES ('fare; USE x', 500), ('it''s', 100)
SELECT name FROM dbo.limits FOR JSON AUTO
WAITFOR DELAY '00:00:01'
