//! New jobs, pages, folders, and the list of jobs.

use super::*;

on_both!(
    a_job_is_what_it_was_started_with,
    each_file_counts_once_however_often_it_is_listed,
    what_is_stored_already_is_done_with_its_page,
    a_job_of_which_all_is_stored_already_ends_at_once,
    a_listing_goes_on_where_it_was_and_starts_again_where_it_must,
    each_folder_is_visited_once_and_loops_are_cut,
    a_listing_without_subfolders_does_not_look_at_them,
    an_ended_job_takes_no_page,
    an_id_is_taken_once,
    no_more_jobs_run_than_may_however_many_begin_at_once,
    the_list_of_jobs_is_newest_first_in_pages,
    what_is_not_there_is_not_found,
);

async fn a_job_is_what_it_was_started_with(place: &Place) {
    let new = NewJob {
        folder: DriveRef { resource_key: Some("0-key".to_owned()), ..folder("top") },
        folder_name: Some("Holidays \u{1f3d6}".to_owned()),
        request_id: Some("r1".to_owned()),
        recursive: true,
        ..new_job("a")
    };
    let page = Page { files: files(0..3), next_token: Some("t1".to_owned()), ..Page::default() };
    let (made, held) = place.one.create_job(&new, page, &lease("one")).await.unwrap();
    let job = place.other.job("a").await.unwrap().unwrap();
    assert_eq!(made, job);
    assert_eq!((job.number, &job.id, &job.folder), (held.job, &new.id, &new.folder));
    assert_eq!((&job.folder_name, &job.request_id), (&new.folder_name, &new.request_id));
    assert_eq!((job.recursive, &job.retry_of, job.ended_at_ms), (true, &None, None));
    assert_eq!((&job.listing_folder, job.page_token.as_deref()), (&new.folder, Some("t1")));
    assert!((crate::clock::now_ms() - job.created_at_ms).abs() < 60_000, "{}", job.created_at_ms);
    assert_eq!((counts(&job.progress), job.progress.bytes_total), ((0, 0, 0, 3, 0), 30));
    place.one.name_folder(held.job, "Renamed").await.unwrap();
    assert_eq!(place.other.job_by_number(held.job).await.unwrap().unwrap().folder_name.unwrap(), "Renamed");
}

async fn each_file_counts_once_however_often_it_is_listed(place: &Place) {
    let twice = [files(0..3), files(1..4)].concat();
    let held = place.job("a", twice.clone(), Some("t1")).await;
    assert_eq!(counts(&place.other.progress("a").await), (0, 0, 0, 4, 0));
    let page = Page { files: [twice, files(4..6), files(5..6)].concat(), ..Page::default() };
    let after = place.one.add_page(&held, page).await.unwrap();
    assert_eq!((counts(&after), after.bytes_total), ((0, 0, 0, 6, 0), 60));
    assert_eq!(after, place.other.progress("a").await);
    assert_eq!(after.listing, crate::job::Listing::Done);
    assert_eq!(place.one.send(&held, 100).await, ["f0", "f1", "f2", "f3", "f4", "f5"]);
}

async fn what_is_stored_already_is_done_with_its_page(place: &Place) {
    let page = |files, known: &[u32], token: Option<&str>| Page {
        files,
        outcomes: known_images(known.iter().copied()),
        next_token: token.map(str::to_owned),
        ..Page::default()
    };
    let first = page([files(0..4), files(1..3)].concat(), &[1, 3], Some("t1"));
    let (job, held) = place.one.create_job(&new_job("a"), first, &lease("one")).await.unwrap();
    assert_eq!((counts(&job.progress), job.progress.bytes_done), ((2, 0, 0, 4, 0), 14));
    assert_eq!(place.one.send(&held, 1).await, ["f0"]);
    // what the job has already is for the worker to say, wherever it is
    let again = page(files(0..6), &[0, 1, 2, 4], None);
    let after = place.one.add_page(&held, again).await.unwrap();
    assert_eq!((counts(&after), after.imported, after.bytes_total), ((3, 0, 0, 6, 1), 3, 60));
    assert_eq!(after, place.other.progress("a").await);
    let stored = place.other.stored_since("a", 0, 10).await.unwrap();
    let entries = known_images([1, 3, 4]).into_iter().map(|known| known.image.unwrap());
    assert_eq!(stored, (1..).zip(entries).collect::<Vec<_>>());
    assert_eq!(place.other.snapshot("a", true).await.unwrap().unwrap().imported.len(), 3);
    assert_eq!(place.one.send(&held, 10).await, ["f2", "f5"]);
    // the first outcome counts
    place.one.apply_report("a", outcome("failed", 0..6)).await.unwrap();
    let after = place.other.progress("a").await;
    assert_eq!((counts(&after), after.end), ((3, 3, 0, 6, 0), Some(crate::job::End::Completed)));
    assert_eq!(place.one.all_retryable("a").await, ["f0", "f2", "f5"]);
}

async fn a_job_of_which_all_is_stored_already_ends_at_once(place: &Place) {
    let page = Page { files: files(0..1000), outcomes: known_images(0..1000), ..Page::default() };
    let (job, held) = place.one.create_job(&new_job("a"), page.clone(), &lease("one")).await.unwrap();
    assert_eq!(
        (counts(&job.progress), job.progress.end),
        ((1000, 0, 0, 1000, 0), Some(crate::job::End::Completed))
    );
    assert!(job.ended_at_ms.is_some() && !job.progress.is_open());
    assert!(place.one.next_batch(held.job, 10).await.unwrap().is_none());
    assert!(place.other.claim(&lease("other"), 10).await.unwrap().is_empty(), "nobody takes it up");
    place.one.tidy().await.unwrap();
    assert_eq!(place.other.stored_since("a", 990, 1000).await.unwrap().len(), 10);
    assert_eq!(place.one.expire(Duration::ZERO).await.unwrap(), 1);
}

async fn a_listing_goes_on_where_it_was_and_starts_again_where_it_must(place: &Place) {
    let held = place.job("a", files(0..2), Some("t1")).await;
    let page = Page { files: files(2..4), next_token: Some("t2".to_owned()), ..Page::default() };
    place.one.add_page(&held, page).await.unwrap();
    let held = place.take_over().await;
    assert_eq!(place.other.job("a").await.unwrap().unwrap().page_token.as_deref(), Some("t2"));
    place.other.restart_listing(&held).await.unwrap();
    let job = place.one.job("a").await.unwrap().unwrap();
    assert_eq!((job.page_token, job.progress.total), (None, 4));
    let again = place.other.add_page(&held, Page { files: files(0..5), ..Page::default() }).await.unwrap();
    assert_eq!(counts(&again), (0, 0, 0, 5, 0));
}

async fn each_folder_is_visited_once_and_loops_are_cut(place: &Place) {
    let page = |files, subfolders: &[&str], token: Option<&str>| Page {
        files,
        subfolders: subfolders.iter().map(|id| folder(id)).collect(),
        next_token: token.map(str::to_owned),
        ..Page::default()
    };
    let new = NewJob { recursive: true, ..new_job("a") };
    let first = page(files(0..1), &["x", "top", "x"], Some("t1"));
    let (job, held) = place.one.create_job(&new, first, &lease("one")).await.unwrap();
    assert_eq!((job.listing_folder, job.page_token.as_deref()), (folder("top"), Some("t1")));
    let with_key = DriveRef { resource_key: Some("0-y".to_owned()), ..folder("y") };
    let second = Page { subfolders: vec![with_key.clone(), folder("x")], ..Page::default() };
    place.one.add_page(&held, second).await.unwrap();
    // the rest is listed by another process
    let held = place.take_over().await;
    let mut visited = Vec::new();
    while place.other.progress("a").await.listing == crate::job::Listing::Open {
        let job = place.other.job("a").await.unwrap().unwrap();
        assert_eq!(job.page_token, None);
        let number = u32::try_from(visited.len()).unwrap() + 1;
        visited.push(job.listing_folder);
        let found = page(files(0..number + 1), &["top", "x", "y", "z"], None);
        place.other.add_page(&held, found).await.unwrap();
        assert!(visited.len() < 10, "{visited:?}");
    }
    assert_eq!(visited, [folder("x"), with_key, folder("z")]);
    assert_eq!(place.one.progress("a").await.total, 4);
}

async fn a_listing_without_subfolders_does_not_look_at_them(place: &Place) {
    let page = Page { files: files(0..1), subfolders: vec![folder("x")], ..Page::default() };
    let (job, _) = place.one.create_job(&new_job("a"), page, &lease("one")).await.unwrap();
    assert_eq!((job.progress.listing, job.listing_folder), (crate::job::Listing::Done, folder("top")));
}

async fn an_ended_job_takes_no_page(place: &Place) {
    let held = place.job("a", files(0..2), Some("t1")).await;
    place.other.change(held.job, Progress::cancel).await.unwrap();
    let after = place.one.add_page(&held, Page { files: files(2..4), ..Page::default() }).await.unwrap();
    assert_eq!(counts(&after), (0, 0, 2, 2, 0));
    assert_eq!(place.one.all_retryable("a").await, ["f0", "f1"]);
}

async fn an_id_is_taken_once(place: &Place) {
    place.job("a", files(0..1), None).await;
    let again = place.other.create_job(&new_job("a"), Page::default(), &lease("other")).await;
    assert!(matches!(again, Err(Error::Exists)), "{again:?}");
    assert_eq!(place.one.progress("a").await.total, 1);
    assert_eq!(place.one.jobs(1, 10).await.unwrap().1, 1);
}

async fn no_more_jobs_run_than_may_however_many_begin_at_once(place: &Place) {
    let begin = async |first: u32, stores: [&Store; 2]| {
        let begun = (first..first + 50).map(|number| async move {
            let new = NewJob { most_running: Some(3), ..new_job(&format!("j{number}")) };
            let page = Page { files: files(0..1), next_token: Some("t1".to_owned()), ..Page::default() };
            let store = stores[number as usize % 2];
            (new.id.clone(), store.create_job(&new, page, &lease("one")).await)
        });
        let mut made = Vec::new();
        for (id, began) in futures::future::join_all(begun).await {
            match began {
                Ok((_, held)) => made.push((id, held)),
                Err(error) => assert!(matches!(error, Error::TooManyJobs(3)), "{error:?}"),
            }
        }
        made
    };
    let stores = [&place.one, &place.other];
    let made = begin(0, stores).await;
    assert_eq!(made.len(), 3);
    assert_eq!(place.one.jobs(1, 100).await.unwrap().1, 3, "what was refused is nowhere");
    // an end makes room, also while the worker is still to be told
    place.one.send(&made[0].1, 1).await;
    place.other.change(made[0].1.job, Progress::cancel).await.unwrap();
    assert!(place.one.progress(&made[0].0).await.is_open());
    place.one.apply_report(&made[1].0, outcome("imported", [0])).await.unwrap();
    place.one.add_page(&made[1].1, Page::default()).await.unwrap();
    assert_eq!(place.other.running_jobs().await.unwrap(), 1);
    assert_eq!(begin(100, stores).await.len(), 2);
    assert_eq!(place.other.running_jobs().await.unwrap(), 3);
}

async fn the_list_of_jobs_is_newest_first_in_pages(place: &Place) {
    for id in ["a", "b", "c", "d", "e"] {
        place.job(id, files(0..1), None).await;
    }
    for (page, per_page, expected) in [
        (1, 2, vec!["e", "d"]),
        (2, 2, vec!["c", "b"]),
        (3, 2, vec!["a"]),
        (4, 2, vec![]),
        (u64::MAX, u64::MAX, vec![]),
    ] {
        let (jobs, total) = place.other.jobs(page, per_page).await.unwrap();
        let listed: Vec<_> = jobs.iter().map(|job| job.id.as_str()).collect();
        assert_eq!((listed, total), (expected, 5), "page {page}");
    }
}

async fn what_is_not_there_is_not_found(place: &Place) {
    for id in ["nope", "", "a:files", "\u{0}"] {
        assert!(place.one.job(id).await.unwrap().is_none(), "{id}");
        assert!(place.one.snapshot(id, true).await.unwrap().is_none(), "{id}");
        assert!(place.one.failures(id, FailuresFrom::Offset(0), 10).await.unwrap().is_none(), "{id}");
        assert!(place.one.apply_report(id, outcome("imported", [1])).await.unwrap().is_none(), "{id}");
        assert!(place.one.retryable(id, -1, 10).await.unwrap().is_empty(), "{id}");
        assert!(place.one.stored_since(id, 0, 10).await.unwrap().is_empty(), "{id}");
    }
    assert!(place.one.job_by_number(JobNo(77)).await.unwrap().is_none());
    assert!(place.one.change(JobNo(77), Progress::cancel).await.unwrap().is_none());
    place.one.name_folder(JobNo(77), "ghost").await.unwrap();
    assert!(place.one.job_by_number(JobNo(77)).await.unwrap().is_none());
    assert_eq!(place.one.jobs(1, 10).await.unwrap(), (vec![], 0));
    place.one.check_writable().await.unwrap();
}
