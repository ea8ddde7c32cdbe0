// The sealed document as the printer will print it, large enough to read; buttons turn its pages.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PreviewContent shown: view as PreviewContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    readonly property int pages: shown.pages
    readonly property real a4: 1.41421
    // A page that would be narrower than this is shown in full width, one part of it at a time.
    readonly property int roomBelow: pages > 1 ? bodyItem.height - 104 - Theme.gap : bodyItem.height
    readonly property bool whole: !Theme.wide && roomBelow / a4 >= 0.8 * bodyItem.width
    readonly property int parts: whole ? 1 : Math.ceil((sheetHeight - 60) / (frame.height - 60))
    readonly property int sheetWidth: whole ? Math.min(frame.width, Math.floor(frame.height / a4)) : frame.width - 112 - 24
    readonly property int sheetHeight: Math.floor((whole ? sheetWidth : frame.width - 112 - 24) * a4)
    property int at: 0                     // the shown part, counted over all parts of all pages
    readonly property int sheet: Math.floor(at / parts)
    readonly property int part: at % parts

    Item {
        id: frame
        width: parent.width
        height: page.whole ? page.roomBelow : parent.height
        Rectangle {
            id: paper
            x: page.whole ? (frame.width - width) / 2 : 0
            width: page.sheetWidth
            height: Math.min(frame.height, page.sheetHeight)
            color: "#FFFFFF"
            border.color: Theme.line
            border.width: Theme.hair
            Item {
                anchors.fill: parent
                anchors.margins: Theme.hair
                clip: true
                Image {
                    objectName: "sheet"
                    width: parent.width
                    y: page.parts === 1 ? 0 : -Math.round(page.part * (page.sheetHeight - paper.height) / (page.parts - 1))
                    asynchronous: true
                    sourceSize.width: paper.width - 2
                    fillMode: Image.PreserveAspectFit
                    source: "image://paper/" + CurrentPage.ticket + "/" + page.sheet
                    Accessible.role: Accessible.Graphic
                    Accessible.name: page.title
                }
            }
        }
    }
    Turner {
        id: turner
        visible: page.pages * page.parts > 1
        sheet: page.at
        sheets: page.pages * page.parts
        upright: !page.whole
        x: upright ? parent.width - width : (parent.width - width) / 2
        y: parent.height - height
        onTurned: to => page.at = to
    }
}
