//! `downhill man`.

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::error::Result;
use crate::output::{print, written};

/// Prints the page of the whole command and then, as sections of it, those of its parts.
pub(super) fn run() -> Result<()> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    written(clap_mangen::Man::new(command.clone()).render(&mut page))?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        let man = clap_mangen::Man::new(part.clone());
        written(write_section(&man, part.get_name(), &mut page))?;
    }
    print(&String::from_utf8_lossy(&page))
}

fn write_section(man: &clap_mangen::Man, name: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    page.extend(format!(".SH DOWNHILL {}\n", name.to_uppercase()).bytes());
    let mut body = Vec::new();
    man.render_synopsis_section(&mut body)?;
    man.render_description_section(&mut body)?;
    man.render_options_section(&mut body)?;
    // What were sections are parts of one here.
    page.extend(String::from_utf8_lossy(&body).replace(".SH ", ".SS ").bytes());
    Ok(())
}
